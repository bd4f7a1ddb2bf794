import { homedir } from 'node:os';
import { type Memento, window } from 'vscode';
import {
  type ClineFiles,
  type ClineResult,
  connectCline,
  disconnectCline,
  previewCline,
} from '../../agentSettings/clineConnection.ts';
import {
  CLINE_WORKSPACE_ID,
  type ClinePlan,
  clineProviders,
  clineSettingsPath,
} from '../../agentSettings/clineProviders.ts';
import type { WorkspaceBaseUrls, WorkspaceParams } from '../../protocol/control.ts';
import { setContextKey } from '../commands.ts';
import { readSetting } from '../settings.ts';
import { readTerminalLayers } from '../terminals/terminalLayers.ts';
import { readUserEnvironment } from '../terminals/userBaseUrls.ts';
import { clineConsent } from './clineConsent.ts';

const MEMORY_KEY = 'clineConnected';

export interface ClineConnectorParts {
  /** The user's memory, which all windows share. */
  readonly memory: Memento;
  readonly dataDir: string;
  /** A scripted upstream answers: no settings of a user may lead there. */
  readonly demo: boolean;
  /** @throws where no meter runs. */
  readonly connectWorkspace: (workspace: WorkspaceParams) => Promise<WorkspaceBaseUrls>;
  /** Told about settings that could not be changed. */
  readonly onProblem: (sentence: string) => void;
}

/**
 * Keeps Cline CLI connected where the user has asked for it: by its own settings file, since it takes a base URL from no variable. While Outlay is
 * off or its meter cannot run, the settings are what they were. One change at a time.
 */
export class ClineConnector {
  readonly #parts: ClineConnectorParts;
  #running: Promise<unknown> = Promise.resolve();

  constructor(parts: ClineConnectorParts) {
    this.#parts = parts;
  }

  /** The user has asked for it and has not taken it back. */
  get isWanted(): boolean {
    return this.#parts.memory.get(MEMORY_KEY, false);
  }

  /** Says what will change, asks, and connects. */
  async connect(): Promise<void> {
    if (this.#parts.demo) return void window.showWarningMessage('The demo changes no settings of agents.');
    const files = this.#files();
    const preview = await previewCline(files, readSetting('outlay.upstreams'));
    if (preview.kind === 'problem') return void window.showWarningMessage(preview.text);
    const { message, detail, button } = clineConsent(preview.path, preview.plan);
    if ((await window.showInformationMessage(message, { modal: true, detail }, button)) !== button) return;
    const result = await this.#inTurn(() => this.#apply(files));
    if (result.kind === 'problem') return void window.showWarningMessage(result.text);
    await this.#want(true);
    void window.showInformationMessage(
      `Cline CLI is metered: ${result.providers.join(', ')}. A Cline that already runs has to be started again.`,
    );
  }

  async disconnect(): Promise<void> {
    const result = await this.#inTurn(() => disconnectCline(this.#parts.dataDir));
    if (result.kind === 'problem') return void window.showWarningMessage(result.text);
    await this.#want(false);
    void window.showInformationMessage('Cline CLI has its own settings again.');
  }

  /**
   * Makes Cline's settings follow the meter: brings them up to date where it runs, and puts them back where it does not.
   *
   * @param meter whether calls are carried and counted now; `unknown` leaves everything as it is.
   */
  async follow(meter: 'runs' | 'ended' | 'unknown'): Promise<void> {
    await setContextKey('outlay.clineConnected', this.isWanted);
    if (!this.isWanted || this.#parts.demo || meter === 'unknown') return;
    const change = (): Promise<ClineResult> =>
      meter === 'runs' ? this.#apply(this.#files()) : disconnectCline(this.#parts.dataDir);
    const result = await this.#inTurn(change);
    if (result.kind === 'problem') this.#parts.onProblem(result.text);
  }

  async #apply(files: ClineFiles): Promise<ClineResult> {
    const preview = await previewCline(files, readSetting('outlay.upstreams'));
    if (preview.kind === 'problem') return preview;
    const { plan } = preview;
    try {
      const { baseUrls, refused } = await this.#parts.connectWorkspace({
        workspaceId: CLINE_WORKSPACE_ID,
        title: 'Cline CLI',
        upstreams: plan.upstreams,
      });
      const accepted = withoutRefused(plan, refused);
      const [reason] = Object.values(refused);
      if (accepted.redirected.length === 0 && reason !== undefined) {
        return { kind: 'problem', text: `Cline CLI was left alone: ${reason}` };
      }
      return await connectCline(files, accepted, baseUrls);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { kind: 'problem', text: `Cline CLI was left alone: ${reason}` };
    }
  }

  #files(): ClineFiles {
    const user = readUserEnvironment(readTerminalLayers(), process.platform);
    return { path: clineSettingsPath(homedir(), (name) => user.get(name)), dataDir: this.#parts.dataDir };
  }

  async #want(isWanted: boolean): Promise<void> {
    await this.#parts.memory.update(MEMORY_KEY, isWanted);
    await setContextKey('outlay.clineConnected', isWanted);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#running.then(work);
    this.#running = next.catch(() => {});
    return next;
  }
}

/** A base URL of the user's that the meter does not chain must stay where it is. */
function withoutRefused(plan: ClinePlan, refused: Readonly<Record<string, string>>): ClinePlan {
  const isRefused = (id: string): boolean => Object.hasOwn(refused, clineProviders[id]?.routeId ?? '');
  return { ...plan, redirected: plan.redirected.filter((id) => !isRefused(id)) };
}
