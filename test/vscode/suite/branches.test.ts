import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { commands, workspace } from 'vscode';
import type { TestInspection } from '../../../src/vscode/testInspection.ts';
import { snapshotOfTasks, taskId, viewOf } from '../../support/taskStates.ts';
import { activatedOutlay, resetSettings, until } from './outlay.ts';
import { showTasks } from './scriptedTasks.ts';

const root = workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
const somebody = ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.com'];

function git(...words: readonly string[]): void {
  execFileSync('git', [...somebody, ...words], { cwd: root, stdio: 'pipe' });
}

function commit(name: string): void {
  writeFileSync(join(root, name), name);
  git('add', name);
  git('commit', '-q', '-m', name);
}

describe("a task's branch in the editor", () => {
  let outlay: TestInspection;
  before(async () => {
    await resetSettings();
    outlay = await activatedOutlay();
    git('init', '-q', '-b', 'main');
    commit('first');
    git('switch', '-q', '-c', 'fix-login');
    // The git extension starts when it likes.
    await until('git', async () => (await commands.getCommands(true)).includes('git.openRepository'));
    await commands.executeCommand('git.openRepository', root);
    await until('the branch', () => outlay.currentBranch() === 'fix-login');
  });
  after(() => {
    outlay.scriptTasks(null);
    for (const name of ['.git', 'first', 'work']) rmSync(join(root, name), { recursive: true, force: true });
  });

  it('proposes an outcome by itself when it is merged', async () => {
    const task = viewOf({ branch: 'fix-login', workspaceId: outlay.state().workspaceId });
    const asked = showTasks(outlay, snapshotOfTasks({ tasks: [task] }));
    commit('work');
    await outlay.lookAtBranches();
    assert.deepEqual(asked, []);
    git('switch', '-q', 'main');
    git('merge', '-q', '--no-ff', '--no-edit', 'fix-login');
    await until('the proposal', () => asked.length > 0);
    const because = 'branch fix-login was merged into main';
    assert.deepEqual(asked, [{ name: 'proposeOutcome', params: { id: taskId('login'), outcome: 'passed', because } }]);
  });
});
