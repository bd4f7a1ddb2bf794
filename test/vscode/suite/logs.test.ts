import assert from 'node:assert/strict';
import { afterEach, before, describe, it } from 'mocha';
import { commands, workspace } from 'vscode';
import { writeLoggedCall } from './agentLogs.ts';
import { activatedOutlay, emptyLedger, resetSettings, until, variableOf } from './outlay.ts';
import { sendMessage, startScriptedAnthropic } from './scriptedAnthropic.ts';

const home = process.env['OUTLAY_TEST_HOME'] ?? '';

/** Of the newest calls, those that only a log told of. */
async function toldCalls(): Promise<readonly (string | null)[]> {
  const { recent } = (await activatedOutlay()).state().snapshot ?? { recent: [] };
  return recent.filter(({ source }) => source === 'transcript').map(({ responseId }) => responseId);
}

async function readLogsSetting(isOn: boolean): Promise<void> {
  await workspace.getConfiguration().update('outlay.readLogs', isOn, true);
  await (await activatedOutlay()).settled();
}

describe('the logs of agents', () => {
  before(() => assert.notEqual(home, ''));
  afterEach(resetSettings);

  it('were read at the first start, which told what they came to', async () => {
    const outlay = await activatedOutlay();
    await until('the summary', () => outlay.toldOfLogs().length > 0);
    // 2 x (1,000 tokens at $5 and 2,000 at $25 a million).
    assert.equal(
      outlay.toldOfLogs()[0],
      'Outlay read 1 file of 1 agent, 1 month: 2 calls, $0.11 at API prices, which is no bill.',
    );
  });

  it('are followed: a call that is written shows, at API prices and not as billed', async () => {
    const outlay = await activatedOutlay();
    // A call of another test that is on its way counts as billed.
    await until('no call in flight', () => outlay.state().snapshot?.live.length === 0);
    await emptyLedger();
    writeLoggedCall(home, { message: 'followed', atMs: Date.now() });
    await until('the call', async () => (await toldCalls()).includes('msg_followed'));
    const { today } = outlay.state().snapshot ?? assert.fail('no snapshot');
    assert.deepEqual([today.billed, today.subscription?.calls, today.subscription?.toldCalls], [null, 1, 1]);
    // Where Claude Code is installed, the gateway carries its calls.
    await until('the coverage', () =>
      outlay
        .state()
        .coverage.some(({ id, way }) => (id === 'log:claude-code' ? way === 'transcript' : id === 'command:claude')),
    );
  });

  it('are read at the word of the user alone once that is switched off, and each call once', async () => {
    const outlay = await activatedOutlay();
    await readLogsSetting(false);
    await emptyLedger();
    writeLoggedCall(home, { message: 'later', atMs: Date.now() });
    const before = outlay.toldOfLogs().length;
    await commands.executeCommand('outlay.importLogs');
    assert.match(
      outlay.toldOfLogs()[before] ?? '',
      /^Outlay read 1 file of 1 agent: 1 call, \$0\.0[56] at API prices, which is no bill\.$/,
    );
    await until('the call', async () => (await toldCalls()).length === 1);
    assert.deepEqual(await toldCalls(), ['msg_later']);
    await commands.executeCommand('outlay.importLogs');
    assert.equal(outlay.toldOfLogs()[before + 1], 'Outlay read 1 file of 1 agent: nothing new.');
  });

  it('are set against the wire, call by call, in a table to read only', async () => {
    await using upstream = await startScriptedAnthropic();
    const outlay = await activatedOutlay();
    await emptyLedger();
    await workspace.getConfiguration().update('outlay.upstreams', { anthropic: upstream.origin }, true);
    await outlay.settled();
    const told: string[] = [];
    outlay.scriptDialogs({
      ...{ confirm: () => false, input: () => undefined },
      warn: async (text) => {
        told.push(text);
        return undefined;
      },
      pick: (title, labels) => {
        told.push(title, ...labels);
        return 0;
      },
    });
    await commands.executeCommand('outlay.reconcileSession');
    assert.deepEqual(told.splice(0), ['No session was seen both as it passed and in its agent’s log yet.']);

    await sendMessage(variableOf(outlay, 'ANTHROPIC_BASE_URL') ?? '');
    await until('the call', () => outlay.state().snapshot?.recent.length === 1);
    const [seen] = outlay.state().snapshot?.recent ?? [];
    assert(seen?.source === 'gateway');
    // The log has 2,000 of the 100,000 tokens of output that passed.
    writeLoggedCall(home, { message: 'in_host', atMs: seen.startedAtMs });
    await commands.executeCommand('outlay.importLogs');
    await commands.executeCommand('outlay.reconcileSession');
    outlay.scriptDialogs(null);
    assert.deepEqual(told, ['Reconcile a session with its log', 'claude-code 5d0c7f…4c31']);
    assert.equal(outlay.state().snapshot?.recent.length, 1);
    // The preview opens its document in its own time.
    const textOfTable = (): string =>
      workspace.textDocuments.find(({ uri }) => uri.scheme === 'outlay-reconcile')?.getText() ?? '';
    await until('the table', () => textOfTable() !== '');
    const text = textOfTable();
    assert.match(text, /1 call was seen both ways, 0 on the wire only, 0 in the log only\./);
    assert.match(text, /\| both ways \| 1,000,000 \| 1,000 \| 100,000 \| 2,000 \| -98,000 \|/);
    assert.match(text, /\*\*Estimate:\*\* the log has 2 % of the output that passed/);
    await commands.executeCommand('workbench.action.closeAllEditors');
  });
});
