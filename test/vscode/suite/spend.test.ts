import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { workspace } from 'vscode';
import { activatedOutlay, emptyLedger, resetSettings, until, variableOf } from './outlay.ts';
import { sendMessage, startScriptedAnthropic } from './scriptedAnthropic.ts';

describe('spend', () => {
  beforeEach(async () => {
    await resetSettings();
    await emptyLedger();
  });
  afterEach(resetSettings);

  it('goes from the call of a terminal to the status bar, and away when the data is deleted', async () => {
    await using upstream = await startScriptedAnthropic();
    const outlay = await activatedOutlay();
    await workspace.getConfiguration().update('outlay.upstreams', { anthropic: upstream.origin }, true);
    await outlay.settled();
    const { status, body } = await sendMessage(variableOf(outlay, 'ANTHROPIC_BASE_URL') ?? '');
    assert.equal(status, 200);
    assert.deepEqual((body as { id: unknown }).id, 'msg_in_host');
    assert.deepEqual(upstream.paths, ['/v1/messages']);

    await until('the call in the snapshot', () => outlay.state().snapshot?.recent.length === 1);
    const call = outlay.state().snapshot?.recent[0];
    assert.equal(call?.usage.inputTokens, 1_000_000);
    assert.equal(call?.usage.outputTokens, 100_000);
    // 1 M input tokens at $3 and 0.1 M output tokens at $15 a million, beyond no context tier of this model's price.
    await until('the spend in the status bar', () => /\$[1-9]/.test(outlay.statusBarText()));

    assert.equal(await outlay.deleteData(null), 1);
    await until('the status bar to forget it', () => /Today \$0\.00$/.test(outlay.statusBarText()));
    assert.deepEqual(outlay.state().snapshot?.recent, []);
  });
});
