import { windowAccountKeys } from '../../budget/accountKeys.ts';
import { refusalSentence } from '../../budget/refusalSentence.ts';
import { type Amounts, dimensions, type Refusal, type ScopedLimits } from '../../domain/budget.ts';
import type { CallRecord } from '../../domain/call.ts';
import type { Clock } from '../../domain/clock.ts';
import type { Task } from '../../domain/task.ts';
import type { CallGate, CallHead, GateAnswer, GatePass, GateRequest } from '../../gateway/contract.ts';
import { takesMaxOutput } from '../../gateway/maxOutput.ts';
import type { AdmitAnswer, BudgetBooks } from '../../ledger/contract.ts';
import type { Pricer } from '../../pricing/contract.ts';
import type { BudgetPolicy } from '../../protocol/tasks.ts';
import { HoldQueue } from './holdQueue.ts';
import { type HoldQuestion, type Holds, holdsFor, modelOf } from './holdsFor.ts';
import { type Lowered, loweredHold } from './loweredHold.ts';
import type { NewsBoard } from './newsBoard.ts';
import { OpenHold } from './openHold.ts';
import type { OutputExperience } from './outputExperience.ts';
import { isHard, limitsOfPolicy, limitsOfTask } from './scopedLimits.ts';
import type { TaskDirectory } from './taskDirectory.ts';

/** A call that only others' holds keep out waits so long for them. */
const WAIT_MS = 60_000;
/** So long after the end of a call its record may come; then the whole hold is charged. */
const RECORD_WITHIN_MS = 30_000;

export interface BudgetDeskOptions {
  readonly books: Pick<BudgetBooks, 'admit' | 'topUp' | 'release' | 'chargeWhole' | 'addEvent'>;
  readonly directory: TaskDirectory;
  readonly policy: () => BudgetPolicy;
  readonly pricer: () => Promise<Pricer>;
  /** Resolves when the tasks were read, or could not be. */
  readonly ready: Promise<void>;
  readonly experience: OutputExperience;
  readonly news: NewsBoard;
  readonly clock: Clock;
  readonly isOn: () => boolean;
  readonly log: (line: string) => void;
  /** How long a call waits for others' holds; 60 s where left out. */
  readonly waitMs?: number;
}

const nobody = { task: null, model: null };

interface Reservation {
  readonly head: CallHead;
  readonly task: Task | null;
  readonly model: string;
  readonly holds: Holds;
  readonly question: HoldQuestion;
}

interface Reserved {
  readonly answer: AdmitAnswer;
  readonly hold: Amounts;
  /** Set where the call was admitted with a lower max output only. */
  readonly lowered: Lowered | null;
}

interface Held {
  readonly head: CallHead;
  readonly task: Task | null;
  readonly open: OpenHold;
  /** Set once the exchange is over. */
  endTimer: NodeJS.Timeout | null;
  stop: ((message: string) => void) | null;
  stopMessage: string | null;
}

/** The gateway's gate: reserves before a call goes upstream, raises the reservation while it streams, and ends it at the line. */
export class BudgetDesk implements CallGate {
  readonly #options: BudgetDeskOptions;
  readonly #queue: HoldQueue;
  readonly #held = new Map<string, Held>();

  constructor(options: BudgetDeskOptions) {
    this.#options = options;
    this.#queue = new HoldQueue(options.waitMs ?? WAIT_MS);
  }

  concerns(head: CallHead): boolean {
    const { directory, policy, isOn } = this.#options;
    if (!isOn()) return false;
    if (!directory.isLoaded) return true;
    if (limitsOfPolicy(policy(), head.workspaceId, head.startedAtMs).some(isHard)) return true;
    // The body may name a session that the user moved to a task with a budget.
    if (head.session === null && directory.all().some((task) => isHard(limitsOfTask(task)))) return true;
    const task = directory.peek(head);
    return task !== null && isHard(limitsOfTask(task));
  }

  async admit(head: CallHead, request: GateRequest, signal: AbortSignal): Promise<GateAnswer> {
    const { directory, ready, pricer } = this.#options;
    await ready;
    // The task that the address names cannot be looked up, and so neither whether its budget is used up.
    if (!directory.isLoaded && head.taskId !== null) return this.#refuse(head, nobody, unavailableRefusal([]));
    const task = directory.assign({ ...head, session: head.session ?? request.facts.session });
    const limits = this.#limitsOf(head, task);
    if (!limits.some(isHard)) return freePass(task);
    try {
      const question = { head, request, limits, experience: this.#options.experience };
      const holds = holdsFor(question, await pricer());
      const model = modelOf(head, request);
      if (holds === 'unpriced') return this.#refuse(head, { task, model }, unpricedRefusal(limits));
      const { answer, hold, lowered } = await this.#reserve({ head, task, model, holds, question }, signal);
      if (answer.kind === 'refused') return this.#refuse(head, { task, model }, answer.refusal);
      if (lowered === null) return this.#pass(head, task, { hold, ceiling: holds.ceiling });
      const pass = this.#pass(head, task, { hold: lowered.hold, ceiling: lowered.hold });
      return { ...pass, maxOutputTokens: lowered.maxOutputTokens };
    } catch (error) {
      this.#options.log(`a call was refused since the books cannot be written: ${String(error)}`);
      return this.#refuse(head, { task, model: null }, unavailableRefusal(limits));
    }
  }

  /** What a call in flight came to so far. */
  counted(callId: string, amounts: Amounts): void {
    this.#held.get(callId)?.open.counted(amounts);
  }

  /** The call's record is in the books, and with it its hold is settled. */
  booked(record: CallRecord): void {
    const held = this.#held.get(record.id);
    if (held) this.#forget(record.id, held);
    const { outputTokens } = record.usage;
    if (outputTokens !== null && record.status === 'ok') {
      this.#options.experience.add(record.agent, record.model, outputTokens);
    }
    this.#queue.settled();
  }

  /** A limit was raised, or a task left: whoever waits is asked again. */
  limitsChanged(): void {
    for (const { open } of this.#held.values()) open.limitsChanged();
    this.#queue.settled();
  }

  /** Calls that wait for others' holds. */
  get waiting(): number {
    return this.#queue.length;
  }

  close(): void {
    for (const { endTimer } of this.#held.values()) if (endTimer) clearTimeout(endTimer);
    this.#held.clear();
  }

  #limitsOf(head: CallHead, task: Task | null): readonly ScopedLimits[] {
    const ofPolicy = limitsOfPolicy(this.#options.policy(), head.workspaceId, head.startedAtMs);
    return task === null ? ofPolicy : [limitsOfTask(task), ...ofPolicy];
  }

  /** Reserves what can be had, and waits where only others' holds are in the way. */
  async #reserve(reservation: Reservation, signal: AbortSignal): Promise<Reserved> {
    const askedAt = this.#queue.settlements;
    let reserved = await this.#ask(reservation);
    if (reserved.answer.kind === 'admitted' || reserved.answer.refusal.reason !== 'reserved') return reserved;
    const ask = async (): Promise<AdmitAnswer> => {
      reserved = await this.#ask(reservation);
      return reserved.answer;
    };
    const request = { ask, release: () => this.#release(reservation.head.id), askedAt };
    const answer = await this.#queue.wait(request, reserved.answer.refusal, signal);
    return { ...reserved, answer };
  }

  /** Asks for the usual amount, and where it does not fit for what is left. */
  async #ask(reservation: Reservation): Promise<Reserved> {
    const { bookVersion } = await this.#options.pricer();
    const { least } = reservation.holds;
    let { hold } = reservation.holds;
    let answer = await this.#admit(reservation, hold, bookVersion);
    // Each refusal is about one dimension, which then takes what is left of it.
    for (const _dimension of dimensions) {
      const shrunk = answer.kind === 'refused' ? shrink(hold, answer.refusal, least) : null;
      if (shrunk === null) break;
      hold = shrunk;
      answer = await this.#admit(reservation, hold, bookVersion);
    }
    if (answer.kind === 'admitted') return { answer, hold, lowered: null };
    return (await this.#askLowered(reservation, answer.refusal)) ?? { answer, hold, lowered: null };
  }

  /**
   * Where the user allows it: asks for the largest max output that fits, or that will once others have ended. Each turn is about another
   * dimension. Null where it can be neither had nor waited for.
   */
  async #askLowered(reservation: Reservation, refusal: Refusal): Promise<Reserved | null> {
    const { head, question } = reservation;
    if (!this.#options.policy().lowerMaxOutput || !takesMaxOutput({ ...head, path: '' })) return null;
    const pricer = await this.#options.pricer();
    let last = refusal;
    for (const _dimension of dimensions) {
      const lowered = loweredHold(question, pricer, last) ?? loweredHold(question, pricer, { ...last, held: 0 });
      if (lowered === null) return null;
      const { hold } = lowered;
      const answer = await this.#admit(reservation, hold, pricer.bookVersion);
      if (answer.kind === 'admitted' || answer.refusal.reason === 'reserved') return { answer, hold, lowered };
      last = answer.refusal;
    }
    return null;
  }

  #admit({ head, task, model }: Reservation, hold: Amounts, priceVersion: string): Promise<AdmitAnswer> {
    const { books, policy } = this.#options;
    const { workspaceId, startedAtMs: atMs, provider, auth, id: callId } = head;
    const current = policy();
    return books.admit({
      ...{ callId, atMs, provider, model, auth, workspaceId, hold, priceVersion },
      taskId: task?.id ?? null,
      limits: limitsOfPolicy(current, workspaceId, atMs),
      accountKeys: windowAccountKeys({ workspaceId, atMs, timeZone: current.timeZone }),
    });
  }

  #pass(head: CallHead, task: Task | null, { hold, ceiling }: Omit<Holds, 'least'>): GatePass {
    const { books, log } = this.#options;
    const held: Held = {
      head,
      task,
      endTimer: null,
      stop: null,
      stopMessage: null,
      open: new OpenHold({
        callId: head.id,
        hold,
        ceiling,
        limits: () => limitsOfPolicy(this.#options.policy(), head.workspaceId, head.startedAtMs),
        books,
        log,
        onLine: (refusal, counted) => {
          const spent = refusal.spent + counted[refusal.dimension];
          this.#stopAtLine(held, { ...refusal, reason: 'used-up', spent });
        },
      }),
    };
    this.#held.set(head.id, held);
    return {
      kind: 'admitted',
      taskId: task?.id ?? null,
      maxOutputTokens: null,
      onStop: (listener) => {
        held.stop = listener;
        if (held.stopMessage !== null) listener(held.stopMessage);
      },
      release: () => {
        this.#forget(head.id, held);
        this.#release(head.id);
      },
      ended: () => {
        if (!this.#held.has(head.id)) return;
        held.endTimer ??= setTimeout(() => this.#chargeWhole(head.id, held), RECORD_WITHIN_MS).unref();
      },
    };
  }

  #release(callId: string): void {
    this.#settle(callId, this.#options.books.release(callId));
  }

  #chargeWhole(callId: string, held: Held): void {
    this.#forget(callId, held);
    this.#settle(callId, this.#options.books.chargeWhole(callId));
  }

  #settle(callId: string, settling: Promise<void>): void {
    settling
      .catch((error: unknown) => this.#options.log(`the hold of ${callId} stays open: ${String(error)}`))
      .finally(() => this.#queue.settled());
  }

  #forget(callId: string, held: Held): void {
    if (held.endTimer) clearTimeout(held.endTimer);
    this.#held.delete(callId);
  }

  #stopAtLine(held: Held, refusal: Refusal): void {
    const message = refusalSentence(refusal);
    held.stopMessage = message;
    held.stop?.(message);
    this.#tell('stopped', held.head, { task: held.task, refusal, text: message });
  }

  #refuse(
    head: CallHead,
    { task, model }: { readonly task: Task | null; readonly model: string | null },
    refusal: Refusal,
  ): GateAnswer {
    const message = refusalSentence(refusal, { model });
    this.#tell('refused', head, { task, refusal, text: message });
    return {
      kind: 'refused',
      message,
      asMessage: this.#options.policy().answerAsMessage.includes(head.agent),
      isTemporary: refusal.reason === 'unavailable',
    };
  }

  /** A call was refused elsewhere, by the same limits. */
  refusedElsewhere(
    workspaceId: string,
    told: { readonly task: Task | null; readonly refusal: Refusal; readonly text: string },
  ): void {
    this.#tell('refused', { workspaceId }, told);
  }

  #tell(
    kind: 'refused' | 'stopped',
    head: Pick<CallHead, 'workspaceId'>,
    { task, refusal, text }: { readonly task: Task | null; readonly refusal: Refusal; readonly text: string },
  ): void {
    const { news, books, clock, log } = this.#options;
    const { scope, dimension, limit } = refusal;
    const taskId = scope.kind === 'task' ? scope.taskId : null;
    const canExtend =
      taskId !== null &&
      (refusal.reason === 'used-up' || refusal.reason === 'too-large' || refusal.reason === 'reserved');
    const about = `${scope.kind} ${taskId ?? head.workspaceId} ${dimension} ${limit}`;
    const isNew = news.post(about, {
      kind,
      taskId: taskId ?? task?.id ?? null,
      workspaceId: head.workspaceId,
      text,
      extend: canExtend ? { taskId, dimension, quarter: Math.max(1, Math.ceil(limit / 4)) } : null,
    });
    const eventTaskId = taskId ?? task?.id;
    if (!isNew || eventTaskId === undefined) return;
    books
      .addEvent({ taskId: eventTaskId, atMs: clock.nowMs(), kind, text, by: 'Outlay' })
      .catch((error: unknown) => log(`an event is not kept: ${String(error)}`));
  }
}

/**
 * A hold that takes what is left in the dimension that was refused, or the least that will do where others hold so much that not even that
 * is left: it is then only they who keep the call out. Null where less than the least is not spent yet, or may not be done.
 */
function shrink(
  hold: Amounts,
  { reason, dimension, limit, spent, held }: Refusal,
  least: Amounts | null,
): Amounts | null {
  if (reason !== 'too-large' || least === null) return null;
  if (spent + least[dimension] > limit) return null;
  const left = Math.max(least[dimension], Math.floor(limit - spent - held));
  return left >= hold[dimension] ? null : { ...hold, [dimension]: left };
}

/** A call without a hard limit: nothing is held, and nothing stops it. */
function freePass(task: Task | null): GatePass {
  return {
    kind: 'admitted',
    taskId: task?.id ?? null,
    maxOutputTokens: null,
    onStop: () => undefined,
    release: () => undefined,
    ended: () => undefined,
  };
}

function unpricedRefusal(limits: readonly ScopedLimits[]): Refusal {
  return refusalWithout(
    'unpriced',
    limits.filter((scoped) => isHard(scoped) && scoped.limits.costNanoUsd !== null),
  );
}

function unavailableRefusal(limits: readonly ScopedLimits[]): Refusal {
  return refusalWithout('unavailable', limits.filter(isHard));
}

/** A refusal that is about no number. */
function refusalWithout(reason: 'unpriced' | 'unavailable', limits: readonly ScopedLimits[]): Refusal {
  const [first] = limits;
  return {
    reason,
    scope: first?.scope ?? { kind: 'machine', period: 'day' },
    dimension: 'costNanoUsd',
    limit: first?.limits.costNanoUsd ?? 0,
    spent: 0,
    held: 0,
    needed: 0,
    openHolds: 0,
  };
}
