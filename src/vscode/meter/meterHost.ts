import type { Clock } from '../../domain/clock.ts';
import type { Disposable } from '../../domain/disposable.ts';
import type {
  ControlMap,
  ControlName,
  MeterLock,
  MeterReady,
  MeterSettings,
  MeterStatus,
  WorkspaceBaseUrls,
  WorkspaceParams,
} from '../../protocol/control.ts';
import { ControlError, callControl, watchSnapshots } from '../../protocol/controlClient.ts';
import { readMeterLock } from '../../protocol/meterLock.ts';
import type { NowSnapshot } from '../../protocol/snapshot.ts';
import { CrashWindow } from './crashWindow.ts';
import { isOlderVersion } from './versions.ts';

/**
 * What the meter is to this window. `connection` is the last one as long as there is hope that its address is served again: a
 * crash that is mended within a second must not touch the terminals.
 */
export interface MeterView {
  readonly state: 'off' | 'starting' | 'running' | 'failed';
  /** One sentence when the state is `off` or `failed`, else empty. */
  readonly text: string;
  readonly connection: MeterConnection | null;
  readonly snapshot: NowSnapshot | null;
}

export interface MeterConnection {
  readonly lock: MeterLock;
  readonly workspace: WorkspaceBaseUrls;
  /** Sentences of the meter about settings that it did not accept. */
  readonly settingProblems: readonly string[];
}

/** What the window wants; changes are passed to `MeterHost.update`. */
export interface MeterWishes {
  readonly settings: MeterSettings;
  readonly workspace: WorkspaceParams;
  /** False: use a meter that runs, but start none. */
  readonly mayStart: boolean;
}

export interface MeterHostParts {
  readonly dataDir: string;
  readonly version: string;
  readonly clock: Clock;
  readonly log: (level: 'info' | 'warn' | 'error', sentence: string) => void;
  readonly start: (port: number) => Promise<MeterReady>;
  readonly onChange: (view: MeterView) => void;
  /** From 0 to 1: spreads several windows that see the same meter die. */
  readonly random: () => number;
}

const STATUS_TIMEOUT_MS = 2_000;
const HANDOVER_TIMEOUT_MS = 10_000;
const SPREAD_MS = 150;
const RETRY_MS = 1_000;
const BACK_OFF_MS = 60_000;

/**
 * Keeps this window connected to the one meter of the data folder: finds it by its lock, starts it where there is none, watches it, and
 * brings it back on the same port when it dies. Several windows do this at the same time; the lock decides whose meter stays.
 */
export class MeterHost implements Disposable {
  readonly #parts: MeterHostParts;
  readonly #crashes = new CrashWindow();
  #wishes: MeterWishes;
  #view: MeterView = { state: 'starting', text: '', connection: null, snapshot: null };
  #watch: Disposable | null = null;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #disposed = false;

  constructor(wishes: MeterWishes, parts: MeterHostParts) {
    this.#wishes = wishes;
    this.#parts = parts;
  }

  get view(): MeterView {
    return this.#view;
  }

  /** Connects, starting a meter if need be. Resolves when the attempt is over, whatever came of it; never rejects. */
  connect(): Promise<void> {
    this.#running ??= this.#attempt().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Tries again at the user's wish, forgetting earlier crashes. */
  retry(): Promise<void> {
    this.#crashes.clear();
    return this.#view.state === 'running' ? Promise.resolve() : this.connect();
  }

  /** Takes new wishes over and passes them to a running meter. */
  async update(wishes: MeterWishes): Promise<void> {
    this.#wishes = wishes;
    await this.#running;
    const { connection } = this.#view;
    if (connection === null) return wishes.mayStart ? this.connect() : undefined;
    try {
      this.#show({ connection: await this.#introduce(connection.lock) });
    } catch (error) {
      this.#parts.log('warn', `The meter did not take the settings: ${sentenceOf(error)}`);
    }
  }

  /** Calls the meter that this window is connected to. @throws ControlError, also when there is none. */
  async call<Name extends ControlName>(
    name: Name,
    params: ControlMap[Name]['params'],
    timeoutMs?: number,
  ): Promise<ControlMap[Name]['result']> {
    const { connection } = this.#view;
    if (connection === null) throw new ControlError('unreachable', 'The meter is not running.');
    return callControl(connection.lock, name, params, timeoutMs === undefined ? {} : { timeoutMs });
  }

  /** Ends the meter in good order and starts it again on its port. */
  async restart(): Promise<void> {
    await this.#running;
    this.#crashes.clear();
    const { connection } = this.#view;
    if (connection !== null) {
      this.#unwatch();
      await this.call('shutdown', {}, HANDOVER_TIMEOUT_MS).catch((error: unknown) => {
        this.#parts.log('warn', `The meter did not end: ${sentenceOf(error)}`);
      });
      await this.#waitUntilGone(connection.lock);
    }
    await this.connect();
  }

  /** Leaves the meter running: terminals hold its address. */
  dispose(): void {
    this.#disposed = true;
    this.#unwatch();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #attempt(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#disposed) return;
    this.#unwatch();
    this.#show({ state: 'starting', text: '' });
    try {
      const lock = (await this.#find()) ?? (this.#wishes.mayStart ? await this.#startOwn() : null);
      if (lock === null) {
        return this.#show({ state: 'off', text: 'Outlay is off.', connection: null, snapshot: null });
      }
      const connection = await this.#introduce(lock);
      if (this.#disposed) return;
      this.#show({ state: 'running', text: '', connection });
      this.#watch = watchSnapshots(
        lock,
        (snapshot) => this.#show({ snapshot }),
        (reason) => this.#onWatchEnd(reason),
      );
    } catch (error) {
      this.#onFailure(sentenceOf(error));
    }
  }

  /** A live meter that this version can use, or null. An older one is asked to hand over. */
  async #find(): Promise<MeterLock | null> {
    const lock = await readMeterLock(this.#parts.dataDir);
    const status = lock === null ? null : await this.#status(lock);
    if (lock === null || status === null) return null;
    if (!isOlderVersion(status.version, this.#parts.version) || !this.#wishes.mayStart) return lock;
    this.#parts.log('info', `Version ${status.version} of the meter is asked to hand over to ${this.#parts.version}.`);
    try {
      await callControl(lock, 'handover', { version: this.#parts.version }, { timeoutMs: HANDOVER_TIMEOUT_MS });
      return null;
    } catch (error) {
      this.#parts.log('warn', `The older meter stays: ${sentenceOf(error)}`);
      return lock;
    }
  }

  async #status(lock: MeterLock): Promise<MeterStatus | null> {
    for (const timeoutMs of [STATUS_TIMEOUT_MS, 2 * STATUS_TIMEOUT_MS]) {
      try {
        return await callControl(lock, 'status', {}, { timeoutMs });
      } catch (error) {
        // Only a meter that is too busy to answer deserves a second question.
        if (!(error instanceof ControlError) || error.failure !== 'timeout') return null;
      }
    }
    return null;
  }

  async #startOwn(): Promise<MeterLock> {
    const { dataDir, version, log, start } = this.#parts;
    const old = await readMeterLock(dataDir);
    let ready: MeterReady;
    try {
      ready = await start(old?.port ?? 0);
    } catch (error) {
      // Another window may have been quicker: its meter holds the lock now.
      const lock = await readMeterLock(dataDir);
      if (lock !== null && (await this.#status(lock)) !== null) return lock;
      throw error;
    }
    log('info', `The meter runs as process ${ready.pid} on port ${ready.port}.`);
    const { port, token, pid, controlToken } = ready;
    if (controlToken !== undefined) return { port, token, pid, controlToken, version };
    const lock = await readMeterLock(dataDir);
    if (lock === null || lock.port !== port) throw new Error('The meter wrote no lock file into the data folder.');
    return lock;
  }

  async #introduce(lock: MeterLock): Promise<MeterConnection> {
    const { problems } = await callControl(lock, 'configure', this.#wishes.settings);
    const workspace = await callControl(lock, 'connectWorkspace', this.#wishes.workspace);
    return { lock, workspace, settingProblems: problems };
  }

  #onWatchEnd(reason: string): void {
    this.#watch = null;
    this.#parts.log('warn', `The meter is gone (${reason}).`);
    this.#recover('The meter keeps ending.');
  }

  #onFailure(sentence: string): void {
    this.#parts.log('error', sentence);
    this.#recover(sentence);
  }

  #recover(sentence: string): void {
    if (this.#disposed) return;
    if (this.#crashes.add(this.#parts.clock.monotonicMs())) {
      this.#crashes.clear();
      this.#show({ state: 'failed', text: `${sentence} New terminals are not metered.`, connection: null });
      this.#later(BACK_OFF_MS);
      return;
    }
    this.#show({ state: 'starting', text: '' });
    // The first attempt is nearly at once: agents in open terminals wait for this port.
    this.#later(this.#running === null ? this.#parts.random() * SPREAD_MS : RETRY_MS);
  }

  #later(delayMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.connect(), delayMs);
  }

  async #waitUntilGone(lock: MeterLock): Promise<void> {
    for (let attempt = 0; attempt < 60; attempt++) {
      const alive = await callControl(lock, 'status', {}, { timeoutMs: 500 }).then(
        () => true,
        (error: unknown) => error instanceof ControlError && error.failure !== 'unreachable',
      );
      if (!alive) return;
      await new Promise((later) => setTimeout(later, 100));
    }
  }

  #unwatch(): void {
    this.#watch?.dispose();
    this.#watch = null;
  }

  #show(change: Partial<MeterView>): void {
    if (this.#disposed) return;
    this.#view = { ...this.#view, ...change };
    this.#parts.onChange(this.#view);
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
