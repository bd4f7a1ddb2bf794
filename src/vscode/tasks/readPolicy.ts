import { type Uri, workspace } from 'vscode';
import { checkLimits } from '../../manifest/checkSetting.ts';
import type { FolderLimitsSetting, LimitsSetting, repositorySettings } from '../../manifest/manifest.ts';
import type { BudgetPolicy } from '../../protocol/tasks.ts';
import { readSetting } from '../settings.ts';
import { budgetPolicy, samePath } from './budgetPolicy.ts';

/** The limits of the settings as they are now, for this window's workspace. */
export function readPolicy(workspaceId: string): BudgetPolicy {
  return budgetPolicy(
    {
      daily: readSetting('outlay.budget.daily'),
      monthly: readSetting('outlay.budget.monthly'),
      folders: readSetting('outlay.budget.folders'),
      mode: readSetting('outlay.budget.mode'),
      countSubscription: readSetting('outlay.budget.countSubscription'),
      timeZone: readSetting('outlay.budget.timeZone'),
      usdPerHour: readSetting('outlay.alarm.usdPerHour'),
      answerAsMessage: readSetting('outlay.budget.answerAsMessage'),
      lowerMaxOutput: readSetting('outlay.budget.lowerMaxOutput'),
      repository: readRepositoryLimits(),
    },
    { workspaceId, folders: folderUris().map(({ fsPath }) => fsPath), isSamePath: samePath(process.platform) },
  );
}

const folderUris = (): readonly Uri[] => (workspace.workspaceFolders ?? []).map(({ uri }) => uri);

/**
 * The limits that the folders of this window bring along, and those that the user wrote under the same names. This is the only place
 * that reads a value of a workspace, and `budgetPolicy` only ever lowers limits by it.
 */
function readRepositoryLimits(): readonly FolderLimitsSetting[] {
  const places = [undefined, ...folderUris()];
  return places.flatMap((uri) => {
    const daily = writtenAt('outlay.repository.budget.daily', uri);
    const monthly = writtenAt('outlay.repository.budget.monthly', uri);
    return [...daily.map((limits) => ({ daily: limits })), ...monthly.map((limits) => ({ monthly: limits }))];
  });
}

function writtenAt(key: keyof typeof repositorySettings, uri: Uri | undefined): readonly LimitsSetting[] {
  const found = workspace.getConfiguration(undefined, uri ?? null).inspect<unknown>(key);
  return [found?.globalValue, found?.workspaceValue, found?.workspaceFolderValue].flatMap((written) => {
    const checked = written === undefined ? null : checkLimits(written);
    return checked === null ? [] : [checked.value as LimitsSetting];
  });
}
