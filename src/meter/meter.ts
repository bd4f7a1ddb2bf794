import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CallRecord } from '../domain/call.ts';
import type { Clock } from '../domain/clock.ts';
import { commandLineToken } from '../gateway/commandLineToken.ts';
import type { Upstream } from '../gateway/contract.ts';
import { createGateway, type Gateway } from '../gateway/createGateway.ts';
import { providerOfHost, UNNAMED_PROVIDER } from '../gateway/providerOfHost.ts';
import { createRoutes } from '../gateway/routes.ts';
import { parseUpstream, upstreamTable } from '../gateway/upstreams.ts';
import { ledgerPathOf } from '../ledger/ledgerFiles.ts';
import { type LedgerWorker, startLedgerWorker } from '../ledger/startLedgerWorker.ts';
import type {
  MeterLock,
  MeterReady,
  MeterSettings,
  MeterStatus,
  WorkspaceBaseUrls,
  WorkspaceParams,
} from '../protocol/control.ts';
import { readMeterLock } from '../protocol/meterLock.ts';
import type { MeterFacts } from '../protocol/snapshot.ts';
import { Bookkeeper } from './bookkeeper.ts';
import { bookThroughSuccessor } from './bookThroughSuccessor.ts';
import { Budgets } from './budget/budgets.ts';
import { createControlHandlers } from './control/controlHandlers.ts';
import { ControlServer } from './control/controlServer.ts';
import { DashboardOffice } from './dashboard/dashboardOffice.ts';
import { MarkDesk } from './dashboard/markDesk.ts';
import { watchedRuns } from './dashboard/watchedRuns.ts';
import { healthNotice } from './healthNotice.ts';
import { newSecret, writeMeterFile } from './meterFile.ts';
import { MeteringSwitch } from './meteringSwitch.ts';
import { newCallId } from './newCallId.ts';
import { NoticeBoard } from './noticeBoard.ts';
import { ObserverThread } from './observe/observerThread.ts';
import { QuotaBoard } from './quotaBoard.ts';
import { RefusalWatch } from './refusalWatch.ts';
import { localDayOf, weekStartOf } from './snapshot/localDays.ts';
import { type Books, SnapshotSource } from './snapshot/snapshotSource.ts';
import { unmeteredNotice } from './unmeteredNotice.ts';
import { WorkspaceRegistry } from './workspaceRegistry.ts';

/** The workspace that base URLs of a headless meter name. */
const DEFAULT_WORKSPACE = 'default';
const RECENT_CALLS = 50;
const MS_PER_DAY = 24 * 3_600_000;
const RETENTION_EVERY_MS = 6 * 3_600_000;
/** Of the four seconds that a stop may take, these are for calls in flight and the rest for the books. */
const STOP_GRACE_MS = 3000;
/** After a handover the records have to travel to the successor as well. */
const HURRIED_GRACE_MS = 2000;

export interface MeterOptions {
  readonly dataDir: string;
  /** 0 takes the last port of this data folder where it is free. */
  readonly port: number;
  readonly upstreams: Readonly<Record<string, string>>;
  readonly demo: boolean;
  /** Begins as a bare pass-through, until a client turns metering on. */
  readonly passThrough: boolean;
  /** A sentence when nothing can be written to the data folder. */
  readonly unwritable: string | null;
  readonly version: string;
  readonly workerDir: string;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  /** Called once when this meter has ended by itself: after a handover, or when asked to. */
  readonly onEnd: () => void;
  readonly releaseFolder: () => void;
}

/**
 * The background process: puts gateway, observer and ledger together and serves clients. The byte path runs on this thread and
 * everything else that takes time on others.
 */
export class Meter {
  readonly #options: MeterOptions;
  readonly #ledger: LedgerWorker;
  readonly #observer: ObserverThread;
  readonly #switch: MeteringSwitch;
  readonly #books: Bookkeeper;
  readonly #budgets: Budgets;
  readonly #notices: NoticeBoard;
  readonly #quotas: QuotaBoard;
  readonly #refusals: RefusalWatch;
  readonly #snapshots: SnapshotSource;
  readonly #dashboards: DashboardOffice;
  readonly #marks: MarkDesk;
  readonly #workspaces: WorkspaceRegistry;
  readonly #startedAtMs: number;
  #lock: MeterLock;
  #gateway: Gateway;
  #control: ControlServer;
  /** Without an address file the control token goes to whoever started this process, and to nobody else. */
  #isAddressWritten = false;
  #priceOverrides: unknown = [];
  #retentionDays = 0;
  #retentionTimer: NodeJS.Timeout | null = null;
  #stopping: Promise<void> | null = null;
  #handingOver: Promise<number> | null = null;
  /** A meter that has handed over was asked to end now. */
  #isHurried = false;

  /** Starts a meter. Rejects only where no port can be had at all. */
  static async start(options: MeterOptions): Promise<Meter> {
    const meter = new Meter(options, await readMeterLock(options.dataDir));
    await meter.#listen();
    return meter;
  }

  private constructor(options: MeterOptions, last: MeterLock | null) {
    this.#options = options;
    this.#startedAtMs = options.clock.nowMs();
    const { log, clock } = options;
    this.#notices = new NoticeBoard(() => this.#snapshots.changed());
    this.#quotas = new QuotaBoard(clock, () => this.#snapshots.changed());
    this.#refusals = new RefusalWatch({
      port: () => this.#lock.port,
      post: (notice) => this.#notices.post(notice),
      clear: (id) => this.#notices.clear(id),
    });
    this.#snapshots = new SnapshotSource({
      clock,
      readBooks: (nowMs, windowStartMs) => this.#readBooks(nowMs, windowStartMs),
      meter: () => this.#facts(),
      tasks: (moment) => this.#budgets.view(moment),
      notices: () => this.#notices.all(),
      quotas: () => this.#quotas.all(),
      marks: () => this.#marks.all(),
    });
    this.#ledger = startLedgerWorker({
      workerUrl: join(options.workerDir, 'ledgerWorker.js'),
      path: ledgerPathOf(options.dataDir),
      log,
      onHealth: (health) => {
        const notice = healthNotice(health);
        if (notice) this.#notices.post(notice);
        else this.#notices.clear('ledger');
      },
    });
    this.#budgets = new Budgets({
      ...{ books: this.#ledger, clock, log },
      isOn: () => this.#switch.isOn,
      baseUrls: (taskId) => this.#gateway.baseUrls(taskId),
      onChange: () => this.#runsChanged(),
    });
    this.#dashboards = new DashboardOffice({
      workerPath: join(options.workerDir, 'dashboardWorker.js'),
      dataDir: options.dataDir,
      clock,
      priceOverrides: () => this.#priceOverrides,
    });
    this.#marks = new MarkDesk({ office: this.#dashboards, onChange: () => this.#snapshots.changed(), log });
    this.#marks.look();
    this.#books = new Bookkeeper(this.#ledger, {
      assign: (record) => this.#budgets.assign(record),
      onBooked: (record) => {
        this.#budgets.booked(record);
        this.#booksChanged();
      },
      log,
    });
    this.#observer = new ObserverThread({
      workerPath: join(options.workerDir, 'observeWorker.js'),
      onRecord: (stage, record) => this.#books.take(stage, record),
      onLive: (calls) => this.#snapshots.liveChanged(calls),
      onCounted: (counts) => this.#budgets.counted(counts),
      onRepeated: (repeat) => this.#budgets.repeated(repeat),
      onCalibration: (states) => void this.#ledger.saveCalibration(states),
      onQuota: (provider, auth, windows) => this.#quotas.note(provider, auth, windows),
      onUnmetered: (routeId, method, shape) => this.#noteUnmetered(routeId, method, shape),
      onCrash: (reason, lost) => this.#onObserverCrash(reason, lost),
      log,
    });
    this.#switch = new MeteringSwitch(this.#observer, !options.passThrough);
    this.#workspaces = new WorkspaceRegistry(options.dataDir, log);
    // The last meter's address is taken over, so that terminals which hold it reach this one. Where another port is asked for, the
    // secrets are new: terminals go on sending the old ones to a port that anybody can take now.
    const known = options.port === 0 || options.port === last?.port ? last : null;
    this.#lock = {
      port: options.port || last?.port || 0,
      token: known?.token ?? newSecret(),
      controlToken: known?.controlToken ?? newSecret(),
      pid: process.pid,
      version: options.version,
    };
    this.#control = this.#createControl();
    this.#gateway = this.#createGateway();
    this.#ledger.loadCalibration().then(
      (states) => this.#observer.restoreCalibration(states),
      (error: unknown) => options.log(`calibration starts anew: ${String(error)}`),
    );
  }

  get ready(): MeterReady {
    const { port, token, pid, controlToken } = this.#lock;
    const ready = { port, token, pid, baseUrls: this.#gateway.baseUrls(DEFAULT_WORKSPACE) };
    return this.#isAddressWritten ? ready : { ...ready, controlToken };
  }

  /** Every token that a terminal can hold. */
  get heldTokens(): readonly string[] {
    return [this.#lock.token, commandLineToken(this.#lock.token)];
  }

  /** Nobody follows the snapshots and no call is in flight. */
  get isIdle(): boolean {
    return this.#control.clients === 0 && this.#gateway.inFlight() === 0;
  }

  /** Lets calls in flight end for a while, books everything and frees the folder. Safe to call twice, also after a handover. */
  stop(): Promise<void> {
    this.#isHurried = true;
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    if (this.#retentionTimer) clearInterval(this.#retentionTimer);
    this.#refusals.close();
    this.#marks.close();
    await this.#dashboards.close();
    this.#control.close();
    this.#snapshots.close();
    await this.#gateway.close({ graceMs: STOP_GRACE_MS });
    await this.#observer.drain();
    await this.#books.settled();
    this.#budgets.close();
    await this.#observer.close();
    await this.#ledger.close();
    this.#options.releaseFolder();
  }

  /**
   * Listens on the wished port. Where somebody else has it, the token is retired too: whoever listens there may have been sent it
   * by a running terminal.
   */
  async #listen(): Promise<void> {
    try {
      await this.#bind(this.#lock.port);
    } catch (error) {
      if (this.#lock.port === 0) throw error;
      this.#options.log(
        `port ${this.#lock.port} cannot be used (${codeOf(error)}): a new port and a new token are taken`,
      );
      this.#notices.post({
        id: 'port-taken',
        severity: 'warning',
        text: `Another program has taken port ${this.#lock.port}, so Outlay moved to a new address: terminals opened before now must be relaunched.`,
      });
      this.#lock = { ...this.#lock, token: newSecret(), controlToken: newSecret() };
      this.#control = this.#createControl();
      this.#gateway = this.#createGateway();
      await this.#bind(0);
    }
    const problem = this.#options.unwritable ?? writeMeterFile(this.#options.dataDir, this.#lock);
    this.#isAddressWritten = problem === null;
    if (problem) this.#notices.post({ id: 'folder', severity: 'error', text: problem });
  }

  async #bind(port: number): Promise<void> {
    const bound = await this.#gateway.listen(port);
    this.#lock = { ...this.#lock, port: bound.port };
  }

  #createGateway(): Gateway {
    const { upstreams, problems } = upstreamTable(this.#options.upstreams);
    for (const problem of problems) this.#notices.post({ id: `upstream-${problem}`, severity: 'error', text: problem });
    return createGateway({
      token: this.#lock.token,
      routes: createRoutes(upstreams),
      observer: this.#switch,
      gate: this.#budgets.gate,
      ownerOf: (segment) => this.#budgets.ownerOf(segment),
      clock: this.#options.clock,
      log: this.#options.log,
      newCallId: () => newCallId(this.#options.clock.nowMs()),
      workspaceUpstream: (workspaceId, routeId) => this.#workspaces.upstream(workspaceId, routeId),
      onControl: (request, response) => this.#control.handle(request, response),
      onRefused: (reason) => this.#refusals.note(reason),
      proxyEnv: process.env,
    });
  }

  #createControl(): ControlServer {
    return new ControlServer({
      controlToken: this.#lock.controlToken,
      onRefused: () => this.#refusals.note('token'),
      feed: this.#snapshots,
      log: this.#options.log,
      handlers: createControlHandlers({
        status: () => this.#status(),
        snapshot: () => this.#snapshots.current(),
        configure: (settings) => this.#configure(settings),
        connectWorkspace: (workspace) => this.#connectWorkspace(workspace),
        deleteData: (beforeMs) => this.#deleteData(beforeMs),
        book: (records) => this.#book(records),
        handOver: (version) => this.#handOver(version),
        shutDown: () => this.#shutDown(),
        office: this.#budgets.office,
        setBudgetPolicy: (policy) => this.#budgets.setPolicy(policy),
        tasks: async () => (await this.#snapshots.current()).tasks,
        runs: watchedRuns(this.#ledger, () => this.#runsChanged()),
        dashboards: this.#dashboards,
      }),
    });
  }

  #status(): MeterStatus {
    const { version, pid, port } = this.#lock;
    return {
      version,
      pid,
      port,
      demo: this.#options.demo,
      inFlight: this.#gateway.inFlight(),
      clients: this.#control.clients,
      baseUrls: this.#gateway.baseUrls(DEFAULT_WORKSPACE),
    };
  }

  #facts(): MeterFacts {
    const { version, pid, port } = this.#lock;
    return {
      version,
      pid,
      port,
      startedAtMs: this.#startedAtMs,
      bookVersion: this.#observer.bookVersion,
      demo: this.#options.demo,
      draining: this.#stopping !== null,
      metering: this.#switch.isOn,
    };
  }

  async #readBooks(nowMs: number, windowStartMs: number): Promise<Books> {
    try {
      const [{ today, week, recent, costSince }] = await Promise.all([
        this.#ledger.now({
          today: localDayOf(nowMs),
          weekSince: weekStartOf(nowMs),
          recentLimit: RECENT_CALLS,
          costSinceMs: windowStartMs,
        }),
        this.#budgets.readBoard(),
      ]);
      this.#notices.clear('books');
      const billed = costSince.filter(({ auth }) => auth !== 'subscription');
      const billedOfWindowNanoUsd = billed.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0);
      return { today, week, recent, billedOfWindowNanoUsd };
    } catch (error) {
      if (this.#stopping === null) this.#options.log(`the books cannot be read: ${String(error)}`);
      this.#notices.post({
        id: 'books',
        severity: 'error',
        text: 'The ledger cannot be read, so that these figures are old or missing. Agents are not affected.',
      });
      throw error;
    }
  }

  async #configure(settings: MeterSettings): Promise<readonly string[]> {
    this.#switch.isOn = settings.metering;
    this.#retentionDays = settings.retentionDays;
    this.#retentionTimer ??= setInterval(() => void this.#forgetOld(), RETENTION_EVERY_MS).unref();
    void this.#forgetOld();
    this.#priceOverrides = settings.priceOverrides ?? [];
    this.#dashboards.booksChanged();
    this.#budgets.setPriceOverrides(settings.priceOverrides ?? []);
    const problems = await this.#observer.setPriceOverrides(settings.priceOverrides ?? []);
    this.#snapshots.changed();
    return problems;
  }

  /** A task or an import has changed: what it is worth may have as well. */
  #runsChanged(): void {
    this.#booksChanged();
    this.#marks.look();
  }

  #booksChanged(): void {
    this.#dashboards.booksChanged();
    this.#snapshots.booksChanged();
  }

  async #forgetOld(): Promise<void> {
    if (this.#retentionDays === 0) return;
    try {
      const deleted = await this.#ledger.deleteBefore(this.#options.clock.nowMs() - this.#retentionDays * MS_PER_DAY);
      if (deleted > 0) this.#booksChanged();
    } catch (error) {
      this.#options.log(`old calls were not deleted: ${String(error)}`);
    }
  }

  #connectWorkspace({ workspaceId, title, upstreams }: WorkspaceParams): WorkspaceBaseUrls {
    const accepted: Record<string, Upstream> = {};
    const refused: Record<string, string> = {};
    for (const [routeId, text] of Object.entries(upstreams)) {
      const parsed = parseUpstream(
        URL.canParse(text) ? providerOfHost(new URL(text).hostname) : UNNAMED_PROVIDER,
        text,
      );
      if (parsed.upstream) accepted[routeId] = parsed.upstream;
      else refused[routeId] = parsed.problem;
    }
    this.#workspaces.set(workspaceId, { title, upstreams: accepted });
    return { baseUrls: this.#gateway.baseUrls(workspaceId), refused };
  }

  async #deleteData(beforeMs: number | null): Promise<number> {
    const deleted = await this.#ledger.deleteBefore(beforeMs);
    if (beforeMs === null) this.#quotas.clear();
    this.#booksChanged();
    return deleted;
  }

  async #book(records: readonly CallRecord[]): Promise<number> {
    for (const record of records) await this.#ledger.finish(record);
    this.#booksChanged();
    return records.length;
  }

  /**
   * Frees port and folder for a newer version at once, and ends when the calls in flight are done. Their records go through the
   * successor, which reads the same address file and therefore has the same control token.
   */
  #handOver(version: string): Promise<number> {
    // Several windows may ask at once, and a stop may be under way.
    if (this.#handingOver === null && this.#stopping !== null) return Promise.resolve(this.#gateway.inFlight());
    this.#handingOver ??= this.#startHandOver(version);
    return this.#handingOver;
  }

  #startHandOver(version: string): Promise<number> {
    const inFlight = this.#gateway.inFlight();
    this.#options.log(`handing over to version ${version}, ${inFlight} calls in flight`);
    const released = this.#release();
    this.#stopping = released.then(() => this.#endAfterHandOver());
    void this.#stopping.finally(() => this.#options.onEnd());
    return released.then(() => inFlight);
  }

  async #release(): Promise<void> {
    if (this.#retentionTimer) clearInterval(this.#retentionTimer);
    this.#refusals.close();
    this.#gateway.stopListening();
    this.#marks.close();
    await this.#dashboards.close();
    await this.#observer.drain();
    await this.#books.settled();
    const { dataDir, workerDir, log } = this.#options;
    const succession = { dataDir, ledgerWorkerPath: join(workerDir, 'ledgerWorker.js'), log };
    this.#books.handOver((records) => bookThroughSuccessor(succession, records));
    this.#snapshots.close();
    this.#budgets.close();
    await this.#ledger.close();
    this.#options.releaseFolder();
  }

  async #endAfterHandOver(): Promise<void> {
    this.#control.close();
    while (this.#gateway.inFlight() > 0 && !this.#isHurried) await delay(100);
    await this.#gateway.close({ graceMs: this.#isHurried ? HURRIED_GRACE_MS : 0 });
    await this.#observer.drain();
    await this.#books.settled();
    await this.#observer.close();
  }

  /** Answers first and ends then, since the answer travels through the server that is closed. */
  #shutDown(): void {
    setImmediate(() => void this.stop().finally(() => this.#options.onEnd()));
  }

  #noteUnmetered(routeId: string, method: string, shape: string): void {
    const notice = unmeteredNotice(routeId, method, shape);
    if (notice) this.#notices.post(notice);
  }

  #onObserverCrash(reason: string, lost: readonly CallRecord[]): void {
    this.#options.log(reason);
    for (const record of lost) {
      this.#books.take('finish', { ...record, status: 'lost', provenance: 'partial' });
    }
    this.#notices.post({
      id: 'observer',
      severity: 'error',
      text: `Counting failed and was started again; ${lost.length} calls in flight are booked with what was known. Agents are not affected.`,
    });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
