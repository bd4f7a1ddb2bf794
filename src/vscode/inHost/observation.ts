import { extensions, type LogOutputChannel, type Memento, workspace } from 'vscode';
import { type Disposable, DisposableList } from '../../domain/disposable.ts';
import { setContextKey } from '../commands.ts';
import { Dialogs } from '../dialogs.ts';
import type { MeterView } from '../meter/meterHost.ts';
import { readSetting, writeSetting } from '../settings.ts';
import { type AgentExtension, agentExtensionOf } from './agentExtensions.ts';
import { HostObserver } from './hostObserver.ts';
import { notNowButton, observationConsent, observeButton } from './observationConsent.ts';

const ANSWERED_KEY = 'observationAnswered';

export interface ObservationParts {
  /** Of the machine: an answer holds for every window. */
  readonly memory: Memento;
  readonly log: LogOutputChannel;
  readonly onChange: () => void;
  /** Upstreams that this window's meter was started with, as "name=origin". */
  readonly meterUpstreams: readonly string[];
}

/** What a window knows when it decides whether to observe. */
export interface ObservationMoment {
  readonly view: MeterView;
  readonly workspaceId: string;
  /** The user's own base URLs by route. */
  readonly upstreams: Readonly<Record<string, string>>;
}

/** Whether this window observes its extension host: by the user's setting, after asking once. */
export class Observation implements Disposable {
  readonly #parts: ObservationParts;
  readonly #subscriptions = new DisposableList();
  readonly observer: HostObserver;
  readonly dialogs = new Dialogs();
  /** Another list in the tests, where no agent's extension is installed. */
  findAgents: () => readonly AgentExtension[] = installedInHost;
  #moment: ObservationMoment | null = null;
  #isAsking = false;
  #shownOn: boolean | null = null;

  constructor(parts: ObservationParts) {
    this.#parts = parts;
    this.observer = this.#subscriptions.push(new HostObserver(parts.log, parts.onChange));
    this.#subscriptions.push(extensions.onDidChange(() => this.#askOnce()));
  }

  /** Takes up what has changed: the meter, settings, trust. */
  follow(moment: ObservationMoment): void {
    this.#moment = moment;
    const mayRun = readSetting('outlay.enabled') && workspace.isTrusted;
    const isOn = mayRun && readSetting('outlay.extensions.observe') === 'on';
    this.observer.follow(
      isOn
        ? {
            connection: moment.view.state === 'running' ? moment.view.connection : null,
            workspaceId: moment.workspaceId,
            ownHosts: hostsOf([...Object.values(moment.upstreams), ...this.#parts.meterUpstreams.map(originOf)]),
            ignored: new Set(readSetting('outlay.extensions.ignore').map((id) => id.toLowerCase())),
          }
        : null,
    );
    if (this.#shownOn !== isOn) void setContextKey('outlay.observes', isOn);
    this.#shownOn = isOn;
    if (mayRun && moment.view.state === 'running') this.#askOnce();
  }

  /** At the user's wish: says what it does and begins. */
  async observe(): Promise<void> {
    const { message, detail } = observationConsent(this.findAgents());
    if (await this.dialogs.confirm(message, detail, observeButton)) await this.#decide('on');
  }

  async stop(): Promise<void> {
    await this.#decide('off');
  }

  /** For tests only: as if nobody had been asked. */
  async forgetAnswer(): Promise<void> {
    await this.#parts.memory.update(ANSWERED_KEY, undefined);
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  async #decide(setting: 'on' | 'off'): Promise<void> {
    await this.#parts.memory.update(ANSWERED_KEY, true);
    await writeSetting('outlay.extensions.observe', setting);
  }

  /** Asks where there is an agent to observe and nobody has answered yet. Whatever the answer is, it is remembered. */
  #askOnce(): void {
    const found = this.findAgents();
    const isOpen = readSetting('outlay.extensions.observe') === 'ask' && this.#parts.memory.get(ANSWERED_KEY) !== true;
    if (!isOpen || this.#isAsking || found.length === 0 || this.#moment?.view.state !== 'running') return;
    this.#isAsking = true;
    this.#ask(found)
      .catch((error: unknown) => this.#parts.log.warn(`Outlay could not ask: ${String(error)}`))
      .finally(() => {
        this.#isAsking = false;
      });
  }

  async #ask(found: readonly AgentExtension[]): Promise<void> {
    const { message, detail } = observationConsent(found);
    const answer = await this.dialogs.ask(`${message} ${detail}`, observeButton, notNowButton);
    if (answer === observeButton) await this.#decide('on');
    else await this.#parts.memory.update(ANSWERED_KEY, true);
  }
}

/** Agents' extensions of this host whose calls could be seen. */
export function installedInHost(): readonly AgentExtension[] {
  return extensions.all.flatMap(({ id }) => {
    const agent = agentExtensionOf(id);
    return agent !== null && (agent.reach === 'inHost' || agent.reach === 'inHostRemotely') ? [agent] : [];
  });
}

function originOf(upstream: string): string {
  return upstream.slice(upstream.indexOf('=') + 1);
}

function hostsOf(addresses: readonly string[]): ReadonlySet<string> {
  return new Set(addresses.flatMap((address) => (URL.canParse(address) ? [new URL(address).host.toLowerCase()] : [])));
}
