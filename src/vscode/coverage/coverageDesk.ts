import { commands, env, extensions, UIKind } from 'vscode';
import type { CallKind } from '../../intercept/contract.ts';
import type { CommandId, SettingKey } from '../../manifest/manifest.ts';
import type { CoverageActionId, CoverageLine } from '../../protocol/coverage.ts';
import type { NowSnapshot } from '../../protocol/snapshot.ts';
import { readSetting } from '../settings.ts';
import type { CoverageRow } from './agentCoverage.ts';
import { agentCommands, coverageLines } from './coverageLines.ts';
import { findCommands } from './findCommands.ts';
import { lastCalls } from './lastCalls.ts';

/** Programs may be installed while a window is open. */
const LOOK_AGAIN_MS = 60_000;

/** Keeps what the Coverage section shows, and does its one click. */
export class CoverageDesk {
  readonly #onChange: () => void;
  #commands: ReadonlySet<string> = new Set();
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  lines(facts: {
    readonly rows: readonly CoverageRow[];
    readonly snapshot: NowSnapshot | null;
    readonly isObserving: boolean;
    readonly seenExtensions: ReadonlyMap<string, number>;
    readonly seenKinds: ReadonlyMap<CallKind, number>;
  }): readonly CoverageLine[] {
    this.#lookAgain();
    return coverageLines({
      ...facts,
      commands: this.#commands,
      extensions: extensions.all.map(({ id }) => id),
      ignored: new Set(readSetting('outlay.extensions.ignore').map((id) => id.toLowerCase())),
      isRemote: env.remoteName !== undefined || env.uiKind === UIKind.Web,
      lastCallMs: lastCalls(facts.snapshot, 'seen'),
      readsLogs: readSetting('outlay.readLogs'),
      lastToldMs: lastCalls(facts.snapshot, 'told'),
    });
  }

  #lookAgain(): void {
    const nowMs = performance.now();
    if (nowMs - this.#lookedAtMs < LOOK_AGAIN_MS) return;
    this.#lookedAtMs = nowMs;
    const names = agentCommands.map(({ command }) => command);
    void findCommands(names, process.env, process.platform).then((found) => {
      const isSame = found.size === this.#commands.size && [...found].every((name) => this.#commands.has(name));
      this.#commands = found;
      if (!isSame) this.#onChange();
    });
  }
}

const commandOf: Readonly<Partial<Record<CoverageActionId, CommandId>>> = {
  observe: 'outlay.observeExtensions',
  stopObserving: 'outlay.stopObserving',
  connectCline: 'outlay.connectClineCli',
  disconnectCline: 'outlay.disconnectClineCli',
};

const settingOf: Readonly<Partial<Record<CoverageActionId, SettingKey>>> = {
  openTerminalsSetting: 'outlay.terminals.connect',
  openChildProcessSetting: 'outlay.extensions.connectChildProcesses',
  openIgnoreSetting: 'outlay.extensions.ignore',
};

export async function actOnCoverage(action: CoverageActionId): Promise<void> {
  const command = commandOf[action];
  const setting = settingOf[action];
  if (command !== undefined) await commands.executeCommand(command);
  else if (setting !== undefined) await commands.executeCommand('workbench.action.openSettings', setting);
}
