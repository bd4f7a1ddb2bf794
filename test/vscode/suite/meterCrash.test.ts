import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { activatedOutlay, resetSettings, until } from './outlay.ts';

describe('a meter that dies', () => {
  beforeEach(resetSettings);
  afterEach(resetSettings);

  it('comes back under the same address, and the terminals keep theirs', async () => {
    const outlay = await activatedOutlay();
    const before = outlay.terminalCollection();
    const dead = outlay.state().snapshot?.meter;
    assert(dead !== undefined);
    process.kill(dead.pid, 'SIGKILL');
    await until('another meter', () => (outlay.state().snapshot?.meter.pid ?? dead.pid) !== dead.pid);
    assert.equal(outlay.state().snapshot?.meter.port, dead.port);
    assert.deepEqual(outlay.terminalCollection(), before);
  });
});
