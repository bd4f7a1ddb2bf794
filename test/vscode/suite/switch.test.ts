import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { commands, workspace } from 'vscode';
import { activatedOutlay, emptyLedger, resetSettings, until, variableOf } from './outlay.ts';
import { sendMessage, startScriptedAnthropic } from './scriptedAnthropic.ts';

describe('turning Outlay off and on', () => {
  beforeEach(async () => {
    await resetSettings();
    await emptyLedger();
  });
  afterEach(resetSettings);

  it('clears the terminals, passes calls through uncounted, and restores the same address', async () => {
    await using upstream = await startScriptedAnthropic();
    const outlay = await activatedOutlay();
    await workspace.getConfiguration().update('outlay.upstreams', { anthropic: upstream.origin }, true);
    await outlay.settled();
    const before = outlay.terminalCollection().variables;
    const address = variableOf(outlay, 'ANTHROPIC_BASE_URL') ?? '';

    await commands.executeCommand('outlay.turnOff');
    await outlay.settled();
    assert.deepEqual(outlay.terminalCollection().variables, {});
    assert.equal(outlay.state().meter, 'off');
    assert.match(outlay.statusBarText(), /Outlay off$/);
    assert.equal((await sendMessage(address)).status, 200);
    assert.equal(upstream.paths.length, 1);

    await commands.executeCommand('outlay.turnOn');
    await outlay.settled();
    assert.deepEqual(outlay.terminalCollection().variables, before);
    await sendMessage(address);
    await until('the second call', () => (outlay.state().snapshot?.recent.length ?? 0) > 0);
    assert.equal(outlay.state().snapshot?.recent.length, 1);
  });

  it('leaves an agent alone that the user took off the list', async () => {
    const outlay = await activatedOutlay();
    await workspace.getConfiguration().update('outlay.terminals.connect', ['codex'], true);
    await outlay.settled();
    assert.equal(variableOf(outlay, 'ANTHROPIC_BASE_URL'), undefined);
    assert.notEqual(variableOf(outlay, 'OUTLAY_CODEX_BASE_URL'), undefined);
  });
});
