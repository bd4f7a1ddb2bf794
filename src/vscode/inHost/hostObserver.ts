import { extensions, type LogOutputChannel } from 'vscode';
import { systemClock } from '../../domain/clock.ts';
import { type Disposable, DisposableList } from '../../domain/disposable.ts';
import { createCallerFinder, type ExtensionFolder } from '../../intercept/callerFinder.ts';
import { CallerGuess, type RunningExtension } from '../../intercept/callerGuess.ts';
import { createCallWatcher } from '../../intercept/callWatcher.ts';
import type { CallKind } from '../../intercept/contract.ts';
import { HostFeed } from '../../intercept/hostFeed.ts';
import { installHooks } from '../../intercept/installHooks.ts';
import { ShutBoard } from '../../intercept/shutBoard.ts';
import { type HostOrders, openOrders } from '../../protocol/hostFeed.ts';
import { openHostLink } from '../../protocol/hostFeedClient.ts';
import type { MeterConnection } from '../meter/meterHost.ts';
import { agentExtensionOf, agentNameOf } from './agentExtensions.ts';

/** A meter that does not take what is observed is asked again after so long. */
const RETRY_MS = 1_000;
const OWN_ID = 'outlay.outlay';

/** What the window wants of its observer. */
export interface ObserverWishes {
  /** Where calls are told; null while no meter runs: they are kept for the next one. */
  readonly connection: MeterConnection | null;
  readonly workspaceId: string;
  /** Hosts ("host:port") of the user's own gateways. */
  readonly ownHosts: ReadonlySet<string>;
  /** Ids of extensions, in lower case, that are not looked at. */
  readonly ignored: ReadonlySet<string>;
}

/** Observes the calls of other extensions while it is wished to, and leaves nothing behind when it is not. */
export class HostObserver implements Disposable {
  readonly #log: LogOutputChannel;
  readonly #onSeen: () => void;
  #wishes: ObserverWishes | null = null;
  #running: Running | null = null;
  #failures = 0;
  /** When a call of each extension was last seen begin, by id; calls of nobody known are under "". */
  readonly lastSeenMs = new Map<string, number>();
  /** When a call of each of these kinds was last seen begin. */
  readonly lastKindMs = new Map<CallKind, number>();

  constructor(log: LogOutputChannel, onSeen: () => void) {
    this.#log = log;
    this.#onSeen = onSeen;
  }

  get isOn(): boolean {
    return this.#running !== null;
  }

  get orders(): HostOrders {
    return this.#running?.shut.orders ?? openOrders;
  }

  /** Observes as wished; null not at all. Cheap where nothing changed. */
  follow(wishes: ObserverWishes | null): void {
    this.#wishes = wishes;
    if (wishes === null) {
      this.#running?.stop();
      this.#running = null;
      return;
    }
    this.#running ??= this.#start();
    this.#running.apply(wishes);
  }

  dispose(): void {
    this.follow(null);
  }

  #start(): Running {
    return new Running({
      wishes: () => this.#wishes,
      log: (sentence) => this.#log.info(sentence),
      onSeen: (caller) => {
        this.lastSeenMs.set(caller ?? '', Date.now());
        this.#onSeen();
      },
      onKind: (kind) => {
        this.lastKindMs.set(kind, Date.now());
        this.#onSeen();
      },
      onFailure: (error) => this.#report(error),
    });
  }

  /** The name alone: a message could quote what passed. Callers never notice. */
  #report(error: unknown): void {
    this.#failures += 1;
    if (this.#failures > 5) return;
    this.#log.warn(`A call was not observed as a whole (${error instanceof Error ? error.name : typeof error}).`);
  }
}

interface RunningPorts {
  readonly wishes: () => ObserverWishes | null;
  readonly log: (sentence: string) => void;
  readonly onSeen: (caller: string | null) => void;
  readonly onKind: (kind: CallKind) => void;
  readonly onFailure: (error: unknown) => void;
}

/** The observation itself, from when it is switched on until it is switched off. */
class Running {
  readonly #ports: RunningPorts;
  readonly #hooks = new DisposableList();
  readonly #feed: HostFeed;
  readonly #forgetHosts: () => void;
  #folders: readonly ExtensionFolder[] = foldersOfExtensions();
  #connection: MeterConnection | null = null;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #hosts = '';
  readonly shut: ShutBoard;

  constructor(ports: RunningPorts) {
    this.#ports = ports;
    this.#feed = this.#hooks.push(
      new HostFeed({
        workspaceId: () => ports.wishes()?.workspaceId ?? 'default',
        onOrders: (orders) => {
          this.#feed.booked(orders.booked ?? []);
          this.shut.take(orders, watcher);
        },
        log: ports.log,
      }),
    );
    const findOnStack = createCallerFinder(() => this.#folders);
    this.shut = this.#hooks.push(
      new ShutBoard({
        findCaller: findOnStack,
        concerns: (caller) => !this.#isIgnored(caller),
        onRefused: (refused) => {
          const caller = refused.caller === null ? null : agentNameOf(refused.caller);
          this.#feed.tell({ ...refused, caller });
        },
        unbookedCalls: (wanted) => this.#feed.unbookedCalls(wanted),
        clock: systemClock,
      }),
    );
    const watcher = createCallWatcher({
      clock: systemClock,
      begin: (about) => this.#feed.begin(about, this.shut.orders.taskId ?? null),
      ownHosts: () => ports.wishes()?.ownHosts ?? new Set(),
      gatewayPort: () => ports.wishes()?.connection?.lock.port ?? null,
      findCaller: () => findOnStack() ?? this.shut.currentCaller(),
      nameOf: agentNameOf,
      guess: new CallerGuess({ running: runningExtensions }),
      mayObserve: (caller) => !this.#isIgnored(caller),
      onSeen: ports.onSeen,
      onKind: ports.onKind,
      refusal: (seen, caller) => this.shut.refusal(seen, caller),
      onFailure: ports.onFailure,
    });
    this.#forgetHosts = watcher.forgetHosts;
    this.#hooks.push(installHooks(watcher));
    this.#hooks.push(
      extensions.onDidChange(() => {
        this.#folders = foldersOfExtensions();
      }),
    );
  }

  apply({ connection, ownHosts }: ObserverWishes): void {
    const hosts = `${connection?.lock.port ?? ''} ${[...ownHosts].join(' ')}`;
    if (hosts !== this.#hosts) this.#forgetHosts();
    this.#hosts = hosts;
    this.#connect(connection);
  }

  stop(): void {
    this.#hooks.dispose();
  }

  #connect(connection: MeterConnection | null): void {
    if (connection === null) {
      this.#feed.disconnect();
      this.#connection = null;
      return;
    }
    const isSame = connection.lock === this.#connection?.lock;
    if (isSame && this.#feed.isConnected) return;
    const nowMs = systemClock.monotonicMs();
    if (isSame && nowMs - this.#triedAtMs < RETRY_MS) return;
    this.#triedAtMs = nowMs;
    this.#connection = connection;
    this.#feed.connect((events) => openHostLink(connection.lock, events));
  }

  #isIgnored(caller: string | null): boolean {
    return caller !== null && this.#ports.wishes()?.ignored.has(caller.toLowerCase()) === true;
  }
}

/** Copilot Chat is no agent that says nothing of itself: its calls say whose they are. */
function runningExtensions(): readonly RunningExtension[] {
  return extensions.all.flatMap(({ id, isActive, packageJSON }) => {
    if (!isActive || id.toLowerCase() === OWN_ID) return [];
    const { displayName, isBuiltin } = manifestPartOf(packageJSON);
    const isAgent = agentExtensionOf(id)?.reach === 'inHost';
    return [{ id, displayName, calls: isAgent ? 'agent' : isBuiltin ? 'unlikely' : 'possible' }];
  });
}

/** Manifests are what others wrote. */
function manifestPartOf(manifest: unknown): { readonly displayName: string; readonly isBuiltin: boolean } {
  const part: { displayName?: unknown; isBuiltin?: unknown } =
    typeof manifest === 'object' && manifest !== null ? manifest : {};
  const { displayName, isBuiltin } = part;
  return { displayName: typeof displayName === 'string' ? displayName : '', isBuiltin: isBuiltin === true };
}

/** Without ourselves, who are on the stack of every call that we see. */
function foldersOfExtensions(): readonly ExtensionFolder[] {
  const others = extensions.all.filter(({ id }) => id.toLowerCase() !== OWN_ID);
  return others.map(({ id, extensionPath }) => ({ id, path: extensionPath }));
}
