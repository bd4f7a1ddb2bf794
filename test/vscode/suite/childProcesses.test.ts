import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { commands, workspace } from 'vscode';
import { activatedOutlay, resetSettings, until, variableOf } from './outlay.ts';

// This file runs in the same extension host as Outlay: what it starts is what another extension would start.

const SETTING = 'outlay.extensions.connectChildProcesses';

/** The host's environment without the editor's own variables, of which it sets some late. */
const hostEnvironment = (): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VSCODE_')));

/** The environment of a process that this host starts. */
function childEnvironment(): Promise<Readonly<Record<string, string>>> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['-p', 'JSON.stringify(process.env)'], (error, stdout) => {
      if (error === null) resolve(JSON.parse(stdout) as Record<string, string>);
      else reject(error);
    });
  });
}

async function turn(on: boolean | undefined): Promise<void> {
  await workspace.getConfiguration().update(SETTING, on, true);
  await (await activatedOutlay()).settled();
}

describe('agents that extensions start as processes', () => {
  beforeEach(resetSettings);
  afterEach(resetSettings);

  it('inherit nothing of Outlay unless the user has asked for it', async () => {
    const outlay = await activatedOutlay();
    assert.notEqual(variableOf(outlay, 'ANTHROPIC_BASE_URL'), undefined);
    const environment = await childEnvironment();
    assert.deepEqual(
      Object.keys(environment).filter((name) => /BASE_URL|TOOL_SEARCH|CONFIG_CONTENT|OUTLAY_TERMINAL/.test(name)),
      [],
    );
  });

  it('inherit the address while the setting is on, and nothing is left afterwards', async () => {
    const outlay = await activatedOutlay();
    const before = hostEnvironment();
    await turn(true);
    const address = variableOf(outlay, 'ANTHROPIC_BASE_URL');
    assert.equal((await childEnvironment())['ANTHROPIC_BASE_URL'], address);
    await turn(undefined);
    assert.deepEqual(hostEnvironment(), before);
  });

  it('do not make Outlay chain its own gateway', async () => {
    const outlay = await activatedOutlay();
    const before = outlay.terminalCollection().variables;
    await turn(true);
    await outlay.settled();
    assert.deepEqual(outlay.terminalCollection().variables, before);
  });

  it('are left alone again when Outlay is turned off', async () => {
    const outlay = await activatedOutlay();
    const before = hostEnvironment();
    await turn(true);
    assert.notDeepEqual(hostEnvironment(), before);
    await commands.executeCommand('outlay.turnOff');
    await until('the variables to go', () => process.env['ANTHROPIC_BASE_URL'] === undefined);
    await outlay.settled();
    assert.deepEqual(hostEnvironment(), before);
  });
});
