import { join } from 'node:path';
import { type ExtensionContext, env, type LogOutputChannel, workspace } from 'vscode';
import type { AgentFiles } from '../agents/agentFiles.ts';
import { installCodexLauncher } from '../agents/codexLauncher.ts';
import { systemClock } from '../domain/clock.ts';
import { type Disposable, DisposableList } from '../domain/disposable.ts';
import { type AgentId, agentIds } from '../manifest/manifest.ts';
import type { ControlMap, ControlName } from '../protocol/control.ts';
import type { DashboardRequests } from '../protocol/dashboard.ts';
import { LOCK_FILE_NAME } from '../protocol/meterLock.ts';
import type { SidebarState } from '../protocol/sidebar.ts';
import { noTasks, type TasksSnapshot } from '../protocol/tasks.ts';
import { ChildProcessConnector } from './childProcesses/childProcessConnector.ts';
import { ClineConnector } from './cline/clineConnector.ts';
import { setContextKey } from './commands.ts';
import { agentCoverage, type CoverageRow } from './coverage/agentCoverage.ts';
import { CoverageDesk } from './coverage/coverageDesk.ts';
import { readHostEnvironment } from './hostEnvironment.ts';
import { type AskMeter, readLogs } from './imports/readLogs.ts';
import { SessionReconciler } from './imports/reconcileSession.ts';
import { Observation } from './inHost/observation.ts';
import { type MeterConnection, MeterHost, type MeterView, type MeterWishes } from './meter/meterHost.ts';
import { startMeter } from './meter/meterProcess.ts';
import type { Notifier } from './notifier.ts';
import { refusalWarnings } from './refusalWarning.ts';
import { onSettingsChange, readSetting, settingProblems } from './settings.ts';
import { readPolicy } from './tasks/readPolicy.ts';
import type { TaskDesk, TaskRequest } from './tasks/taskDesk.ts';
import { TerminalConnector, type TerminalWishes } from './terminals/terminalConnector.ts';
import { addressFingerprint } from './terminals/terminalRegister.ts';
import { type WorkspaceIdentity, workspaceIdentity } from './workspaceIdentity.ts';

/** Answers in place of the meter's, for tests of what a window makes of them. */
export interface TaskScript {
  readonly tasks: TasksSnapshot;
  answer(name: TaskRequest, params: unknown): unknown;
}

/** The meter answers at once that it works; a machine under load may take its time for that. */
const DASHBOARD_TIMEOUT_MS = 20_000;
const START_TIMEOUT_MS = 10_000;
/** In the editor's global state: the logs of this machine were read once. */
const firstImportKey = 'outlay.readLogsOnce';

/** What a window knows about the user's own gateways; read again at every change of settings. */
interface UserGateways {
  readonly upstreams: Readonly<Record<string, string>>;
  readonly files: AgentFiles;
}

/** One window's share of Outlay: its meter connection, its terminals, and the state that its surfaces show. */
export class WindowSession implements Disposable, TaskDesk {
  readonly #notifier: Notifier;
  readonly #log: LogOutputChannel;
  readonly #globalState: ExtensionContext['globalState'];
  readonly #subscriptions = new DisposableList();
  readonly #host: MeterHost;
  readonly #dataDir: string;
  readonly #mediaBinDir: string;
  readonly #demo: boolean;
  readonly #onState: (state: SidebarState) => void;
  readonly terminals: TerminalConnector;
  readonly cline: ClineConnector;
  readonly #childProcesses: ChildProcessConnector;
  readonly observation: Observation;
  readonly reconciler: SessionReconciler;
  readonly #coverage = new CoverageDesk(() => this.#publish());
  #launcherDir: string | null = null;
  #gateways: UserGateways | null = null;
  #connection: MeterConnection | null = null;
  #refreshing: Promise<void> = Promise.resolve();
  #policySent: Promise<void> = Promise.resolve();
  #taskScript: TaskScript | null = null;
  #sawCall = false;
  readonly #toldOfLogs: string[] = [];

  constructor(
    context: ExtensionContext,
    services: { readonly log: LogOutputChannel; readonly notifier: Notifier },
    onState: (state: SidebarState) => void,
  ) {
    const environment = readHostEnvironment(process.env);
    this.#log = services.log;
    this.#globalState = context.globalState;
    this.#notifier = services.notifier;
    this.#onState = onState;
    this.#demo = environment.demo;
    this.#dataDir = environment.dataDir ?? context.globalStorageUri.fsPath;
    this.#mediaBinDir = context.asAbsolutePath(join('media', 'bin'));
    this.terminals = this.#subscriptions.push(
      new TerminalConnector({
        collection: context.environmentVariableCollection,
        memory: context.workspaceState,
        lockPath: join(this.#dataDir, LOCK_FILE_NAME),
        onChange: () => this.#publish(),
      }),
    );
    this.#childProcesses = this.#subscriptions.push(new ChildProcessConnector(join(this.#dataDir, LOCK_FILE_NAME)));
    this.observation = this.#subscriptions.push(
      new Observation({
        memory: context.globalState,
        log: this.#log,
        onChange: () => this.#publish(),
        meterUpstreams: environment.upstreams,
      }),
    );
    this.reconciler = this.#subscriptions.push(
      new SessionReconciler((name, params, timeoutMs) => this.#host.call(name, params, timeoutMs)),
    );
    this.cline = new ClineConnector({
      memory: context.globalState,
      dataDir: this.#dataDir,
      demo: environment.demo,
      connectWorkspace: (workspace) => this.#host.call('connectWorkspace', workspace),
      onProblem: (sentence) => void this.#notifier.warn('cline', sentence),
    });
    this.#host = this.#subscriptions.push(
      new MeterHost(this.#wishes(), {
        dataDir: this.#dataDir,
        version: String((context.extension.packageJSON as { version?: unknown }).version ?? '0.0.0'),
        clock: systemClock,
        random: Math.random,
        log: (level, sentence) => this.#log[level](sentence),
        onChange: (view) => this.#meterChanged(view),
        start: (port) =>
          startMeter({
            nodePath: process.execPath,
            script: context.asAbsolutePath(join('dist', 'meter.js')),
            dataDir: this.#dataDir,
            port,
            upstreams: environment.upstreams,
            demo: environment.demo,
            passThrough: !readSetting('outlay.enabled'),
            environment: this.#childProcesses.environmentWithoutUs(),
            timeoutMs: START_TIMEOUT_MS,
          }),
      }),
    );
    this.#subscriptions.push(onSettingsChange(() => void this.refresh()));
    this.#subscriptions.push(workspace.onDidGrantWorkspaceTrust(() => void this.refresh()));
    this.#subscriptions.push(workspace.onDidChangeWorkspaceFolders(() => void this.refresh()));
  }

  get dataDir(): string {
    return this.#dataDir;
  }

  get state(): SidebarState {
    const { state, text, snapshot: metered } = this.#host.view;
    const script = this.#taskScript;
    const snapshot = script === null || metered === null ? metered : { ...metered, tasks: script.tasks };
    return {
      meter: readSetting('outlay.enabled') ? state : 'off',
      meterText: readSetting('outlay.enabled') ? text : 'Outlay is off: calls are passed through and not counted.',
      snapshot,
      unmeteredTerminals: this.terminals.unmetered(),
      demo: this.#demo || (snapshot?.meter.demo ?? false),
      trusted: workspace.isTrusted,
      workspaceId: this.workspaceId,
      coverage: this.#coverage.lines({
        rows: this.coverage(),
        snapshot,
        isObserving: this.observation.observer.isOn,
        seenExtensions: this.observation.observer.lastSeenMs,
        seenKinds: this.observation.observer.lastKindMs,
      }),
    };
  }

  get workspaceId(): string {
    return windowIdentity().id;
  }

  tasks(): TasksSnapshot {
    return this.state.snapshot?.tasks ?? noTasks;
  }

  async call<Name extends TaskRequest & ControlName>(
    name: Name,
    params: ControlMap[Name]['params'],
  ): Promise<ControlMap[Name]['result']> {
    const script = this.#taskScript;
    if (script !== null) return script.answer(name, params) as ControlMap[Name]['result'];
    return this.#host.call(name, params);
  }

  /** For tests only: shows these tasks and gives these answers in place of the meter's. */
  scriptTasks(script: TaskScript | null): void {
    this.#taskScript = script;
    this.#publish();
  }

  get launcherDir(): string | null {
    return this.#launcherDir;
  }

  /** Every agent with how it is connected in this window. */
  coverage(): readonly CoverageRow[] {
    return agentCoverage({
      idle: this.#idleReason(),
      wanted: readSetting('outlay.terminals.connect') as readonly AgentId[],
      terminalVariables: new Set(Object.keys(this.terminals.marker())),
      hostVariables: this.#childProcesses.names,
      connectsChildProcesses: readSetting('outlay.extensions.connectChildProcesses'),
      cline: this.cline.isWanted ? 'connected' : 'notConnected',
      isObserving: this.observation.observer.isOn,
    });
  }

  /** Connects to the meter; resolves when the first attempt is over, whatever came of it. */
  async start(): Promise<void> {
    this.#launcherDir = await installCodexLauncher(this.#mediaBinDir, this.#dataDir, (sentence) =>
      this.#log.warn(sentence),
    );
    await this.refresh();
  }

  /** Reads settings and trust again and makes the meter and the terminals follow. One at a time, in order. */
  refresh(): Promise<void> {
    this.#refreshing = this.#refreshing.then(async () => {
      await setContextKey('outlay.on', readSetting('outlay.enabled'));
      for (const problem of settingProblems()) void this.#notifier.warn('setting', problem);
      this.#gateways = await this.terminals.readUpstreams(readSetting('outlay.upstreams'));
      await this.#host.update(this.#wishes());
      await this.#policySent;
      this.#connectAgents();
      this.#followWithObservation();
      await this.#followWithCline();
      this.#publish();
    });
    return this.#refreshing;
  }

  /** Asks the meter for the figures of the dashboard. */
  askDashboard<Name extends keyof DashboardRequests>(
    name: Name,
    params: ControlMap[Name]['params'],
  ): Promise<ControlMap[Name]['result']> {
    return this.#host.call(name, params, DASHBOARD_TIMEOUT_MS);
  }

  retry(): Promise<void> {
    return this.#host.retry();
  }

  restartMeter(): Promise<void> {
    return this.#host.restart();
  }

  /** Has the agents' logs read and tells what they came to; quietly the first time, which nobody asked for. */
  async readLogs(isFirst: boolean): Promise<void> {
    const ask: AskMeter = (name, params, timeoutMs) => this.#host.call(name, params, timeoutMs);
    const sentence = await readLogs(ask, isFirst);
    if (sentence === null) return;
    this.#log.info(sentence);
    this.#toldOfLogs.push(sentence);
  }

  /** What this window told of logs, oldest first. */
  get toldOfLogs(): readonly string[] {
    return this.#toldOfLogs;
  }

  /** @returns how many calls were deleted. */
  async deleteData(beforeMs: number | null): Promise<number> {
    const { deleted } = await this.#host.call('deleteData', { beforeMs }, 120_000);
    return deleted;
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  #wishes(): MeterWishes {
    const identity = windowIdentity();
    const enabled = readSetting('outlay.enabled');
    return {
      settings: {
        metering: enabled,
        priceOverrides: readSetting('outlay.prices'),
        retentionDays: readSetting('outlay.retentionDays'),
        readLogs: readSetting('outlay.readLogs'),
      },
      workspace: { workspaceId: identity.id, title: identity.title, upstreams: this.#gateways?.upstreams ?? {} },
      // Off, the meter still carries the calls of terminals that hold its address.
      mayStart: enabled || this.terminals.anyHoldsAddress(),
    };
  }

  /** Once a machine: later starts read what is new without a word. */
  #readLogsFirst(): void {
    const state = this.#globalState;
    if (!readSetting('outlay.readLogs') || state.get(firstImportKey) === true) return;
    void state.update(firstImportKey, true);
    this.readLogs(true).catch((error: unknown) => {
      void state.update(firstImportKey, undefined);
      this.#log.warn(`Logs were not read: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  #meterChanged(view: MeterView): void {
    if (view.connection !== this.#connection) {
      this.#tellAddressChange(this.#connection, view.connection);
      this.#connection = view.connection;
      if (view.connection !== null) this.#policySent = this.#sendPolicy();
      if (view.connection !== null) this.#readLogsFirst();
      this.#connectAgents();
      for (const problem of view.connection?.settingProblems ?? []) void this.#notifier.warn('setting', problem);
      if (view.state === 'failed') void this.#notifier.warn('meter', `Outlay's meter stopped. ${view.text}`);
      void this.#followWithCline();
    }
    if (view.snapshot !== null) {
      for (const { id, sentence } of refusalWarnings(view.snapshot, env.remoteName))
        void this.#notifier.warn(id, sentence);
    }
    this.#followWithObservation();
    this.#publish();
  }

  /** At each connection, and so at each change of settings too. */
  async #sendPolicy(): Promise<void> {
    try {
      const { problems } = await this.#host.call('setBudgetPolicy', readPolicy(this.workspaceId));
      for (const problem of problems) void this.#notifier.warn('setting', problem);
    } catch (error) {
      this.#log.warn(`The meter did not take the limits of the settings: ${String(error)}`);
    }
  }

  #tellAddressChange(before: MeterConnection | null, after: MeterConnection | null): void {
    if (before === null || after === null) return;
    if (addressFingerprint(before.lock) === addressFingerprint(after.lock)) return;
    void this.#notifier.warn(
      'address',
      "Outlay's port was taken by another program, so that it has a new address: relaunch the terminals that were opened before.",
    );
  }

  #connectAgents(): void {
    const wishes = this.#agentWishes();
    const children = readSetting('outlay.extensions.connectChildProcesses') ? wishes : null;
    const notices = [...this.terminals.apply(wishes), ...this.#childProcesses.apply(children)];
    for (const notice of notices) void this.#notifier.warn('agent', notice);
  }

  #agentWishes(): TerminalWishes | null {
    const connection = this.#connection;
    if (connection === null || this.#gateways === null || !readSetting('outlay.enabled') || !workspace.isTrusted) {
      return null;
    }
    const wanted = readSetting('outlay.terminals.connect');
    const agents: readonly AgentId[] = agentIds.filter((id) => wanted.includes(id));
    return { ...this.#gateways, connection, agents, launcherDir: this.#launcherDir };
  }

  #followWithObservation(): void {
    const { view } = this.#host;
    this.observation.follow({ view, workspaceId: this.workspaceId, upstreams: this.#gateways?.upstreams ?? {} });
  }

  async #followWithCline(): Promise<void> {
    const { state } = this.#host.view;
    const isOff = !readSetting('outlay.enabled') || state === 'failed';
    await this.cline.follow(isOff ? 'ended' : state === 'running' ? 'runs' : 'unknown');
  }

  #idleReason(): string | null {
    if (!readSetting('outlay.enabled')) return 'Outlay is off';
    if (!workspace.isTrusted) return 'this folder is in Restricted Mode';
    return this.#connection === null ? 'the meter does not run' : null;
  }

  #publish(): void {
    // The terminals report their first changes while this object is still being built.
    if (this.#host === undefined) return;
    this.#onState(this.state);
    this.#noteFirstCall();
  }

  #noteFirstCall(): void {
    const { snapshot } = this.#host.view;
    if (this.#sawCall || snapshot === null || snapshot.live.length + snapshot.recent.length === 0) return;
    this.#sawCall = true;
    void setContextKey('outlay.sawCall', true);
  }
}

function windowIdentity(): WorkspaceIdentity {
  return workspaceIdentity(
    workspace.workspaceFile?.toString() ?? null,
    (workspace.workspaceFolders ?? []).map(({ uri, name }) => ({ uri: uri.toString(), name })),
    workspace.name ?? null,
  );
}
