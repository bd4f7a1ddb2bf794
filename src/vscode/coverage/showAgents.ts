import { commands, type QuickPickItem, QuickPickItemKind, ThemeIcon, window } from 'vscode';
import type { CommandId, SettingKey } from '../../manifest/manifest.ts';
import type { CoverageAction, CoverageRow, CoverageState } from './agentCoverage.ts';

interface RowItem extends QuickPickItem {
  readonly row: CoverageRow | null;
}

const headings: Readonly<Record<CoverageState, string>> = {
  connected: 'Connected',
  waiting: 'Connected as soon as they are set up',
  off: 'Not connected',
  unreachable: 'Cannot be reached',
};

const icons: Readonly<Record<CoverageState, string>> = {
  connected: 'pass',
  waiting: 'clock',
  off: 'circle-large-outline',
  unreachable: 'circle-slash',
};

const actionTexts: Readonly<Record<CoverageAction, string>> = {
  connectCline: 'Choose to connect it',
  disconnectCline: 'Choose to disconnect it',
  openTerminalsSetting: 'Choose to open the setting',
  openChildProcessSetting: 'Choose to open the setting',
  observe: 'Choose to observe them',
  stopObserving: 'Choose to stop it',
};

/** Lists every agent with how it is connected. Choosing one does the one thing that changes it, if there is one. */
export async function showAgents(rows: readonly CoverageRow[]): Promise<void> {
  const picked = await window.showQuickPick(itemsOf(rows), {
    title: 'Which agents are connected',
    placeHolder: 'Every new terminal is connected for the agents of the first group',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  const action = picked?.row?.action ?? null;
  if (action !== null) await act(action);
}

function itemsOf(rows: readonly CoverageRow[]): readonly RowItem[] {
  return rows.flatMap((row, index): readonly RowItem[] => {
    const hint = row.action === null ? '' : ` ${actionTexts[row.action]}.`;
    const item = {
      label: row.label,
      description: row.summary,
      detail: `${row.detail}${hint}`,
      iconPath: new ThemeIcon(icons[row.state]),
      row,
    };
    const isFirst = rows[index - 1]?.state !== row.state;
    const heading = { label: headings[row.state], kind: QuickPickItemKind.Separator, row: null };
    return isFirst ? [heading, item] : [item];
  });
}

async function act(action: CoverageAction): Promise<void> {
  const run = (command: CommandId): Thenable<unknown> => commands.executeCommand(command);
  const openSetting = (key: SettingKey): Thenable<unknown> =>
    commands.executeCommand('workbench.action.openSettings', key);
  switch (action) {
    case 'connectCline':
      return void (await run('outlay.connectClineCli'));
    case 'disconnectCline':
      return void (await run('outlay.disconnectClineCli'));
    case 'observe':
      return void (await run('outlay.observeExtensions'));
    case 'stopObserving':
      return void (await run('outlay.stopObserving'));
    case 'openTerminalsSetting':
      return void (await openSetting('outlay.terminals.connect'));
    case 'openChildProcessSetting':
      return void (await openSetting('outlay.extensions.connectChildProcesses'));
  }
}
