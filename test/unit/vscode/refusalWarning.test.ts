import { describe, expect, it } from 'vitest';
import type { MeterFacts, Notice } from '../../../src/protocol/snapshot.ts';
import { refusalWarnings } from '../../../src/vscode/refusalWarning.ts';

const meter: MeterFacts = {
  version: '1.0.0',
  pid: 1,
  port: 4711,
  startedAtMs: 0,
  bookVersion: 'x',
  demo: false,
  draining: false,
  metering: true,
};
const notice = (id: string, text = 'anything'): Notice => ({ id, severity: 'warning', text });

describe('the warning of refused requests', () => {
  it('points to the Ports view where the window is a remote one', () => {
    const [warning] = refusalWarnings({ notices: [notice('refused-token')], meter }, 'ssh-remote');
    expect(warning).toEqual({
      id: 'refused-token',
      sentence:
        "Somebody reached Outlay's port 4711 without its token. It was refused, and no call was made. The port may be forwarded: look for 4711 in the Ports view and stop forwarding it. Only agents on the remote machine need it.",
    });
  });

  it('speaks of what the user may have forwarded where it is not', () => {
    const [warning] = refusalWarnings({ notices: [notice('refused-address')], meter }, undefined);
    expect(warning?.sentence).toContain('If you have forwarded this port');
  });

  it('stays the same while the meter counts on, so that it pops up once', () => {
    const of = (text: string) => refusalWarnings({ notices: [notice('refused-token', text)], meter }, 'wsl');
    expect(of('once')).toEqual(of('100 times or more'));
  });

  it('is not given for any other notice, nor for a reason that this version does not know', () => {
    const others = ['ledger', 'books', 'refused-', 'refused-unheard-of', 'port-taken'].map((id) => notice(id));
    expect(refusalWarnings({ notices: others, meter }, 'wsl')).toEqual([]);
  });
});
