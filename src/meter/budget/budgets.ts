import { refusalSentence } from '../../budget/refusalSentence.ts';
import type { CallRecord } from '../../domain/call.ts';
import type { Clock } from '../../domain/clock.ts';
import { plainText } from '../../domain/plainText.ts';
import type { CallGate, CallOwner } from '../../gateway/contract.ts';
import type { BudgetBooks } from '../../ledger/contract.ts';
import { type HostOrders, type HostRefused, openOrders } from '../../protocol/hostFeed.ts';
import type { LiveCall } from '../../protocol/snapshot.ts';
import type { BudgetPolicy, TasksSnapshot } from '../../protocol/tasks.ts';
import type { CountedCall, RepeatedRequest } from '../observe/messages.ts';
import { BudgetDesk } from './budgetDesk.ts';
import { noPolicy, readBudgetPolicy } from './budgetPolicy.ts';
import { filledLimit, hostOrdersOf, usedUpLimit } from './hostOrders.ts';
import { LazyPricer } from './lazyPricer.ts';
import { NewsBoard } from './newsBoard.ts';
import { OutputExperience } from './outputExperience.ts';
import { RunawayWatch } from './runawayWatch.ts';
import { type BoardMoment, TaskBoard } from './taskBoard.ts';
import { TaskDirectory } from './taskDirectory.ts';
import { TaskOffice } from './taskOffice.ts';

const REMEMBERED_OUTPUTS = 2000;
/** The books could not be read: tried again after so long. */
const RETRY_MS = 2000;

export interface BudgetsOptions {
  readonly books: BudgetBooks;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  readonly isOn: () => boolean;
  readonly baseUrls: (taskId: string) => Readonly<Record<string, string>>;
  /** Something that surfaces show is another now. */
  readonly onChange: () => void;
}

/** Everything of the meter that is about tasks and budgets, put together. */
export class Budgets {
  readonly gate: CallGate;
  readonly office: TaskOffice;
  readonly #options: BudgetsOptions;
  readonly #directory: TaskDirectory;
  readonly #desk: BudgetDesk;
  readonly #board: TaskBoard;
  readonly #watch: RunawayWatch;
  readonly #pricer = new LazyPricer();
  readonly #experience = new OutputExperience();
  /** The task of each call in flight that the observer told of. */
  readonly #assigned = new Map<string, string | null>();
  /** Calls of extension hosts that were booked since the board was last read. */
  readonly #unread: string[] = [];
  #policy: BudgetPolicy = noPolicy;
  #retry: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: BudgetsOptions) {
    this.#options = options;
    const { books, clock, log, isOn, onChange } = options;
    const policy = (): BudgetPolicy => this.#policy;
    const news = new NewsBoard(() => clock.nowMs(), onChange);
    this.#directory = new TaskDirectory(books, log);
    const ready = this.#load();
    this.#watch = new RunawayWatch({ clock, news, alarmNanoUsdPerHour: () => this.#policy.alarmNanoUsdPerHour });
    this.#board = new TaskBoard({ books, directory: this.#directory, policy, news, clock, log });
    this.#desk = new BudgetDesk({
      ...{ books, clock, log, news, policy, isOn, ready },
      directory: this.#directory,
      pricer: () => this.#pricer.get(),
      experience: this.#experience,
    });
    this.gate = this.#desk;
    this.office = new TaskOffice({
      ...{ books, clock },
      directory: this.#directory,
      baseUrls: options.baseUrls,
      onChange: () => {
        this.#desk.limitsChanged();
        onChange();
      },
    });
  }

  ownerOf(segment: string): CallOwner {
    return this.#directory.ownerOf(segment);
  }

  activeTask(workspaceId: string): string | null {
    return this.#directory.active()[workspaceId] ?? null;
  }

  /** What a window is to know of its limits, as the books were last read. */
  hostOrders(workspaceId: string): HostOrders {
    if (!this.#options.isOn()) return openOrders;
    const taskId = this.activeTask(workspaceId);
    return hostOrdersOf(this.#board.limitsOf(workspaceId, taskId), { taskId, usualCall: this.#board.usualCall });
  }

  /** A window has refused a call by our orders. */
  hostRefused(workspaceId: string, { caller, how, filled }: HostRefused): void {
    const taskId = this.activeTask(workspaceId);
    const limited = this.#board.limitsOf(workspaceId, taskId);
    const ofRoom = filled === undefined ? null : filledLimit(limited, this.#board.usualCall, filled);
    const refusal = usedUpLimit(limited) ?? ofRoom;
    // A call that others keep out for the moment is mostly tried again: only where nobody could be told is that news.
    if (refusal === null || (refusal.reason === 'reserved' && how === 'answered')) return;
    const sentence = refusalSentence(refusal);
    const text =
      how === 'answered'
        ? sentence
        : `${sentence} ${plainText((caller ?? 'The agent').slice(0, 100))} was stopped and cannot say so itself.`;
    this.#desk.refusedElsewhere(workspaceId, { task: this.#directory.task(taskId), refusal, text });
  }

  /** The record with its task, which it keeps from its first booking on. */
  assign(record: CallRecord): CallRecord {
    const known = this.#assigned.get(record.id);
    const taskId = known === undefined ? (this.#directory.assign(record)?.id ?? null) : known;
    this.#assigned.set(record.id, taskId);
    return { ...record, taskId };
  }

  /** A finished call is in the books. */
  booked(record: CallRecord): void {
    if (record.source === 'host') this.#unread.push(record.id);
    this.#assigned.delete(record.id);
    this.#desk.booked(record);
    this.#watch.booked(record);
  }

  counted(counts: readonly CountedCall[]): void {
    for (const { id, amounts } of counts) this.#desk.counted(id, amounts);
  }

  repeated(repeat: RepeatedRequest): void {
    this.#watch.repeated({ ...repeat, taskId: repeat.taskId ?? this.#directory.peek(repeat)?.id ?? null });
  }

  /** Calls in flight with the task that they will be booked to. */
  withTasks(live: readonly LiveCall[]): readonly LiveCall[] {
    return live.map((call) => {
      if (call.taskId !== null) return call;
      const session = call.session === '' ? null : call.session;
      return { ...call, taskId: this.#assigned.get(call.id) ?? this.#directory.peek({ ...call, session })?.id ?? null };
    });
  }

  /** Resolves to the calls of extension hosts that the board knows of now and did not before: what is booked is told before what is read later. */
  async readBoard(): Promise<readonly string[]> {
    await this.#board.read();
    return this.#unread.splice(0);
  }

  view(moment: BoardMoment): TasksSnapshot {
    return this.#board.view({ ...moment, live: this.withTasks(moment.live) });
  }

  setPriceOverrides(overrides: unknown): void {
    this.#pricer.setOverrides(overrides);
  }

  /** Takes the user's limits. Resolves to sentences about what was left out; rejects where they cannot be kept. */
  async setPolicy(value: unknown): Promise<readonly string[]> {
    const { policy: sent, problems } = readBudgetPolicy(value);
    // A window knows its own folder only: what others have sent for theirs stays.
    const policy = { ...sent, folders: { ...this.#policy.folders, ...sent.folders } };
    if (JSON.stringify(policy) !== JSON.stringify(this.#policy)) {
      await this.#options.books.savePolicy(policy);
      this.#policy = policy;
      this.#desk.limitsChanged();
      this.#options.onChange();
    }
    return problems;
  }

  close(): void {
    this.#closed = true;
    if (this.#retry) clearTimeout(this.#retry);
    this.#desk.close();
  }

  /** Never rejects: without the books calls without a task go on, and it is tried again. */
  async #load(): Promise<void> {
    const { books, log } = this.#options;
    try {
      const [tasks, policy, outputs] = await Promise.all([
        books.loadTasks(),
        books.loadPolicy(),
        books.recentOutputs(REMEMBERED_OUTPUTS),
      ]);
      this.#directory.load(tasks);
      if (policy !== null) this.#policy = readBudgetPolicy(policy).policy;
      for (const { agent, model, outputTokens } of outputs) this.#experience.add(agent, model, outputTokens);
    } catch (error) {
      if (this.#closed) return;
      log(`tasks cannot be read: ${String(error)}`);
      this.#retry = setTimeout(() => void this.#load(), RETRY_MS).unref();
    }
  }
}
