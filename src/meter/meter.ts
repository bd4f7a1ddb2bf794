import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CallRecord } from '../domain/call.ts';
import type { Clock } from '../domain/clock.ts';
import { commandLineToken } from '../gateway/commandLineToken.ts';
import type { Upstream } from '../gateway/contract.ts';
import { createGateway, type Gateway } from '../gateway/createGateway.ts';
import { createRoutes } from '../gateway/routes.ts';
import { upstreamTable } from '../gateway/upstreams.ts';
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
import { newCallId } from '../protocol/newCallId.ts';
import type { MeterFacts } from '../protocol/snapshot.ts';
import { acceptUpstreams } from './acceptUpstreams.ts';
import { Bookkeeper } from './bookkeeper.ts';
import { bookThroughSuccessor } from './bookThroughSuccessor.ts';
import { Budgets } from './budget/budgets.ts';
import { createControlHandlers } from './control/controlHandlers.ts';
import { ControlServer } from './control/controlServer.ts';
import { Comparisons } from './dashboard/comparisons.ts';
import { watchedRuns } from './dashboard/watchedRuns.ts';
import { healthNotice } from './healthNotice.ts';
import { HostDesk } from './host/hostDesk.ts';
import { hostRouteOf } from './host/hostRoute.ts';
import { ImportDesk, ownPlace } from './import/importDesk.ts';
import { ImportThread } from './import/importThread.ts';
import { newSecret, writeMeterFile } from './meterFile.ts';
import { MeteringSwitch } from './meteringSwitch.ts';
import { NoticeBoard } from './noticeBoard.ts';
import { ObserverThread } from './observe/observerThread.ts';
import { QuotaBoard } from './quotaBoard.ts';
import { RefusalWatch } from './refusalWatch.ts';
import { Retention } from './retention.ts';
import { readBooks } from './snapshot/readBooks.ts';
import { type Books, SnapshotSource } from './snapshot/snapshotSource.ts';
import { unmeteredNotice } from './unmeteredNotice.ts';
import { WorkspaceRegistry } from './workspaceRegistry.ts';

/** The workspace that base URLs of a headless meter name. */
const DEFAULT_WORKSPACE = 'default';
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
  readonly #workspaces: WorkspaceRegistry;
  readonly #imports: ImportThread;
  readonly #comparisons: Comparisons;
  readonly #importDesk: ImportDesk;
  readonly #hosts: HostDesk;
  readonly #retention: Retention;
  readonly #startedAtMs: number;
  #lock: MeterLock;
  #gateway: Gateway;
  #control: ControlServer;
  /** Without an address file the control token goes to whoever started this process, and to nobody else. */
  #isAddressWritten = false;
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
      marks: () => this.#comparisons.marks(),
      onBooksChanged: () => this.#comparisons.booksChanged(),
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
      onChange: () => this.#comparisons.runsChanged(),
    });
    this.#comparisons = new Comparisons({ ...options, snapshots: this.#snapshots });
    this.#books = new Bookkeeper(this.#ledger, {
      assign: (record) => this.#budgets.assign(record),
      onBooked: (record) => {
        this.#budgets.booked(record);
        this.#snapshots.booked(record.id);
        // The next call of an extension host is near: sooner than a snapshot, which says so where the books cannot be read.
        if (record.source === 'host') this.#renewOrders().catch(() => undefined);
      },
      log,
    });
    this.#observer = new ObserverThread({
      workerPath: join(options.workerDir, 'observeWorker.js'),
      onRecord: (stage, record) => this.#books.take(stage, record),
      onLive: (calls) => {
        this.#imports.setBusy(calls.length > 0);
        this.#snapshots.liveChanged(calls);
      },
      onCounted: (counts) => this.#budgets.counted(counts),
      onRepeated: (repeat) => this.#budgets.repeated(repeat),
      onCalibration: (states) => void this.#ledger.saveCalibration(states),
      onQuota: (provider, auth, windows) => this.#quotas.note(provider, auth, windows),
      onUnmetered: (routeId, method, shape) => this.#noteUnmetered(routeId, method, shape),
      onCrash: (reason, lost) => this.#onObserverCrash(reason, lost),
      log,
    });
    this.#imports = new ImportThread({
      workerDir: options.workerDir,
      books: { loadLogs: () => this.#ledger.loadLogs(), book: (batch) => this.#ledger.bookImport(batch) },
      onProgress: (progress) => this.#importDesk.noteProgress(progress),
      onBooked: () => this.#snapshots.booksChanged(),
      log,
    });
    this.#importDesk = new ImportDesk(this.#imports, ownPlace(process.env));
    this.#switch = new MeteringSwitch(this.#observer, !options.passThrough);
    this.#workspaces = new WorkspaceRegistry(options.dataDir, log);
    this.#hosts = this.#createHostDesk();
    this.#retention = new Retention({
      ...{ ledger: this.#ledger, clock, log },
      onDeleted: () => this.#comparisons.runsChanged(),
    });
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
    this.#retention.close();
    this.#refusals.close();
    this.#control.close();
    this.#hosts.close();
    this.#snapshots.close();
    await Promise.all([this.#imports.close(), this.#comparisons.close()]);
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
      onHost: (request, response) => this.#hosts.handle(request, response),
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
        imports: this.#importDesk,
        setBudgetPolicy: (policy) => this.#budgets.setPolicy(policy),
        tasks: async () => (await this.#snapshots.current()).tasks,
        runs: watchedRuns(this.#ledger, () => this.#comparisons.runsChanged()),
        comparisons: this.#comparisons,
        views: this.#ledger,
      }),
    });
  }

  /** Calls that windows observe in their extension hosts go the way of all others from here on. */
  #createHostDesk(): HostDesk {
    const { upstreams } = upstreamTable(this.#options.upstreams);
    const routes = createRoutes(upstreams);
    return new HostDesk({
      observer: this.#switch,
      routeOf: (request, workspaceId) => {
        const ownUpstream = (routeId: string): Upstream | null => this.#workspaces.upstream(workspaceId, routeId);
        return hostRouteOf(request, { routes, upstreams, ownUpstream });
      },
      activeTask: (workspaceId) => this.#budgets.activeTask(workspaceId),
      ordersFor: (workspaceId) => this.#budgets.hostOrders(workspaceId),
      onRefused: (workspaceId, refused) => this.#budgets.hostRefused(workspaceId, refused),
      clock: this.#options.clock,
      log: this.#options.log,
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
      const [books] = await Promise.all([readBooks(this.#ledger, nowMs, windowStartMs), this.#renewOrders()]);
      this.#notices.clear('books');
      return books;
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

  async #renewOrders(): Promise<void> {
    this.#hosts.ordersChanged(await this.#budgets.readBoard());
  }

  async #configure(settings: MeterSettings): Promise<readonly string[]> {
    this.#switch.isOn = settings.metering;
    this.#retention.setDays(settings.retentionDays);
    this.#comparisons.setPriceOverrides(settings.priceOverrides ?? []);
    this.#budgets.setPriceOverrides(settings.priceOverrides ?? []);
    void this.#ledger.setPrices(settings.priceOverrides ?? []);
    this.#importDesk.setReading(settings.readLogs ?? false);
    const problems = await this.#observer.setPriceOverrides(settings.priceOverrides ?? []);
    this.#snapshots.changed();
    return problems;
  }

  #connectWorkspace({ workspaceId, title, upstreams }: WorkspaceParams): WorkspaceBaseUrls {
    const { accepted, refused } = acceptUpstreams(upstreams);
    this.#workspaces.set(workspaceId, { title, upstreams: accepted });
    return { baseUrls: this.#gateway.baseUrls(workspaceId), refused };
  }

  async #deleteData(beforeMs: number | null): Promise<number> {
    const deleted = await this.#ledger.deleteBefore(beforeMs);
    if (beforeMs === null) this.#quotas.clear();
    this.#snapshots.booksChanged();
    return deleted;
  }

  async #book(records: readonly CallRecord[]): Promise<number> {
    for (const record of records) await this.#ledger.finish(record);
    this.#snapshots.booksChanged();
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
    this.#retention.close();
    this.#refusals.close();
    this.#hosts.close();
    this.#gateway.stopListening();
    await Promise.all([this.#imports.close(), this.#comparisons.close()]);
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
