import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { commands, workspace } from 'vscode';
import { activatedOutlay, emptyLedger, resetSettings, until, variableOf } from './outlay.ts';
import { sendMessage, startScriptedAnthropic } from './scriptedAnthropic.ts';

/** What this process has open; files are told by Linux only. */
function openInThisHost() {
  const files = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
  const listeners = process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`);
  return { files, resources: process.getActiveResourcesInfo().length, listeners };
}

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

  it('twenty times leaves the variables, files, sockets and listeners of this host as they were', async () => {
    const outlay = await activatedOutlay();
    const before = outlay.terminalCollection();
    const meter = outlay.state().snapshot?.meter.pid;
    const round = async () => {
      await commands.executeCommand('outlay.turnOff');
      await outlay.settled();
      assert.deepEqual(outlay.terminalCollection().variables, {});
      await commands.executeCommand('outlay.turnOn');
      await outlay.settled();
      assert.deepEqual(outlay.terminalCollection(), before);
    };
    await round();
    const open = openInThisHost();
    for (let i = 0; i < 20; i += 1) await round();
    // Whatever else runs in this host opens and closes something now and then.
    await until('as many open files as before', () => openInThisHost().files <= open.files);
    await until('as many timers and sockets as before', () => openInThisHost().resources <= open.resources);
    assert.deepEqual(openInThisHost().listeners, open.listeners);
    await until('a snapshot', () => outlay.state().meter === 'running');
    assert.equal(outlay.state().snapshot?.meter.pid, meter);
  });

  it('leaves an agent alone that the user took off the list', async () => {
    const outlay = await activatedOutlay();
    await workspace.getConfiguration().update('outlay.terminals.connect', ['codex'], true);
    await outlay.settled();
    assert.equal(variableOf(outlay, 'ANTHROPIC_BASE_URL'), undefined);
    assert.notEqual(variableOf(outlay, 'OUTLAY_CODEX_BASE_URL'), undefined);
  });
});
