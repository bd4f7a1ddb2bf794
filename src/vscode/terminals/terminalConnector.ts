import { homedir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type EnvironmentVariableCollection, type Memento, type Terminal, window, workspace } from 'vscode';
import { type AgentFiles, readAgentFiles } from '../../agents/agentFiles.ts';
import { MARKER_VARIABLE, type Marker, readMarker } from '../../agents/environment.ts';
import { planTerminalEnvironment, type TerminalEnvironmentPlan } from '../../agents/planTerminalEnvironment.ts';
import { readUserEnvironment, userUpstreams } from '../../agents/userBaseUrls.ts';
import { type Disposable, DisposableList } from '../../domain/disposable.ts';
import type { AgentId } from '../../manifest/manifest.ts';
import type { MeterConnection } from '../meter/meterHost.ts';
import { applyTerminalPlan } from './applyTerminalPlan.ts';
import { processHolds } from './processHolds.ts';
import { readTerminalLayers } from './terminalLayers.ts';
import {
  addressFingerprint,
  type RememberedTerminals,
  rememberTerminals,
  type SeenTerminal,
  unmeteredTerminals,
} from './terminalRegister.ts';
import { UNMETERED_VARIABLE } from './unmeteredEnvironment.ts';

const MEMORY_KEY = 'terminals';

/** Longer than a process is about to start, also on a busy machine. */
const STARTING_MS = 1500;

export interface TerminalConnectorParts {
  readonly collection: EnvironmentVariableCollection;
  /** The workspace's memory: process ids of terminals that hold an address, without the address. */
  readonly memory: Memento;
  readonly lockPath: string;
  readonly onChange: () => void;
}

/** What the terminals of this window are to be connected with; null leaves new terminals alone. */
export interface TerminalWishes {
  readonly connection: MeterConnection;
  readonly upstreams: Readonly<Record<string, string>>;
  readonly files: AgentFiles;
  readonly agents: readonly AgentId[];
  readonly launcherDir: string | null;
}

/** Connects new terminals and knows which of the open ones are not connected. */
export class TerminalConnector implements Disposable {
  readonly #parts: TerminalConnectorParts;
  readonly #subscriptions = new DisposableList();
  /** Numbers for the sidebar; a terminal object lives as long as its terminal. */
  readonly #ids = new WeakMap<Terminal, number>();
  readonly #openedWith = new WeakMap<Terminal, string>();
  readonly #processIds = new WeakMap<Terminal, number>();
  #nextId = 1;
  #wishes: TerminalWishes | null = null;
  #fingerprint: string | null = null;
  /** The tokens that new terminals get in their base URLs. */
  #tokens: readonly string[] = [];

  constructor(parts: TerminalConnectorParts) {
    this.#parts = parts;
    parts.collection.persistent = false;
    for (const terminal of window.terminals) this.#learnProcessId(terminal);
    this.#subscriptions.push(window.onDidOpenTerminal((terminal) => this.#opened(terminal)));
    this.#subscriptions.push(window.onDidCloseTerminal(() => this.#changed()));
  }

  /** Reads the user's own base URLs, which the meter must know before it is asked for ours. */
  async readUpstreams(
    setting: Readonly<Record<string, string>>,
  ): Promise<{ readonly upstreams: Readonly<Record<string, string>>; readonly files: AgentFiles }> {
    const user = readUserEnvironment(readTerminalLayers(), process.platform);
    const folders = (workspace.workspaceFolders ?? []).flatMap(({ uri }) => (uri.scheme === 'file' ? uri.fsPath : []));
    const files = await readAgentFiles(homedir(), user, folders);
    return { upstreams: userUpstreams({ env: user, files }, setting), files };
  }

  /** Makes new terminals be connected as wished. Returns the sentences that the user should read. */
  apply(wishes: TerminalWishes | null): readonly string[] {
    const plan = wishes === null ? null : this.#plan(wishes);
    this.#wishes = wishes;
    const isConnected = wishes !== null && plan !== null && plan.connected.length > 0;
    this.#fingerprint = isConnected ? addressFingerprint(wishes.connection.lock) : null;
    this.#tokens = isConnected ? tokensOf(wishes.connection.workspace.baseUrls) : [];
    applyTerminalPlan(this.#parts.collection, plan?.changes ?? new Map());
    this.#changed();
    return plan?.notices ?? [];
  }

  /** What a terminal of a task gets in place of the window's base URLs; null where terminals are left alone. */
  planFor(baseUrls: Readonly<Record<string, string>>): TerminalEnvironmentPlan | null {
    if (this.#wishes === null) return null;
    const { connection } = this.#wishes;
    const workspace = { ...connection.workspace, baseUrls };
    return this.#plan({ ...this.#wishes, connection: { ...connection, workspace } });
  }

  /** Terminals that hold no address, or one that is no longer served. */
  unmetered(): readonly { readonly id: number; readonly name: string }[] {
    return unmeteredTerminals(this.#seen(), this.#remembered(), this.#fingerprint);
  }

  /** Whether a terminal of this window holds an address of the meter, so that the meter must live on. */
  anyHoldsAddress(): boolean {
    return Object.keys(rememberTerminals(this.#seen(), this.#remembered())).length > 0;
  }

  /** What Outlay sets in new terminals, and what the user has there instead. */
  marker(): Marker {
    return readMarker(this.#parts.collection.get(MARKER_VARIABLE)?.value ?? '');
  }

  find(id: number): Terminal | undefined {
    return window.terminals.find((terminal) => this.#ids.get(terminal) === id);
  }

  dispose(): void {
    this.#subscriptions.dispose();
    // Terminals that open while no Outlay runs in this window must not get an address.
    applyTerminalPlan(this.#parts.collection, new Map());
  }

  #plan(wishes: TerminalWishes): TerminalEnvironmentPlan {
    return planTerminalEnvironment({
      platform: process.platform,
      layers: readTerminalLayers(),
      files: wishes.files,
      agents: wishes.agents,
      connection: wishes.connection.workspace,
      upstreams: wishes.upstreams,
      launcherDir: wishes.launcherDir,
      lockPath: this.#parts.lockPath,
      assumeFirstParty: true,
    });
  }

  #opened(terminal: Terminal): void {
    if (this.#fingerprint !== null) this.#openedWith.set(terminal, this.#fingerprint);
    this.#learnProcessId(terminal);
    this.#changed();
  }

  #learnProcessId(terminal: Terminal): void {
    terminal.processId.then(
      async (processId) => {
        if (processId === undefined) return;
        await this.#checkOpenedWith(terminal, processId);
        this.#processIds.set(terminal, processId);
        this.#changed();
      },
      () => {},
    );
  }

  /**
   * A terminal that a reloaded window finds again is announced like a new one, although it holds what it was started with. Where the
   * system tells, that counts.
   */
  async #checkOpenedWith(terminal: Terminal, processId: number): Promise<void> {
    const [tokens, fingerprint] = [this.#tokens, this.#fingerprint];
    if (fingerprint === null) return;
    let holds = await processHolds(processId, tokens);
    if (holds === false) {
      // Between its fork and its start a process still shows the environment of the one that started it.
      await delay(STARTING_MS);
      holds = await processHolds(processId, tokens);
    }
    if (holds === true) this.#openedWith.set(terminal, fingerprint);
    if (holds === false && this.#openedWith.get(terminal) === fingerprint) this.#openedWith.delete(terminal);
  }

  #seen(): readonly SeenTerminal[] {
    return window.terminals.map((terminal) => {
      const id = this.#ids.get(terminal) ?? this.#nextId++;
      this.#ids.set(terminal, id);
      return {
        id,
        name: terminal.name,
        processId: this.#processIds.get(terminal) ?? null,
        openedWith: this.#openedWith.get(terminal) ?? null,
        exempt: isExempt(terminal),
      };
    });
  }

  #remembered(): RememberedTerminals {
    return this.#parts.memory.get<RememberedTerminals>(MEMORY_KEY, {});
  }

  #changed(): void {
    const before = this.#remembered();
    const seen = this.#seen();
    // Terminals of a reloaded window tell their process ids a little later: nothing is forgotten before all of them are known.
    if (seen.every(({ processId }) => processId !== null)) {
      const after = rememberTerminals(seen, before);
      if (JSON.stringify(after) !== JSON.stringify(before)) void this.#parts.memory.update(MEMORY_KEY, after);
    }
    this.#parts.onChange();
  }
}

/** The first segments of the paths of our base URLs: the gateway token, and the one for command lines. */
function tokensOf(baseUrls: Readonly<Record<string, string>>): readonly string[] {
  return [...new Set(Object.values(baseUrls).map((url) => new URL(url).pathname.split('/', 2)[1] ?? ''))];
}

/** Pseudo-terminals have no environment; hidden and exactly specified ones were meant to be as their owner made them. */
function isExempt({ creationOptions }: Terminal): boolean {
  if ('pty' in creationOptions) return true;
  const { env, hideFromUser, strictEnv } = creationOptions;
  return hideFromUser === true || strictEnv === true || env?.[UNMETERED_VARIABLE] !== undefined;
}
