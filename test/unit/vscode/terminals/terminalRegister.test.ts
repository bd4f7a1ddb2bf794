import { describe, expect, it } from 'vitest';
import {
  addressFingerprint,
  rememberTerminals,
  type SeenTerminal,
  unmeteredTerminals,
} from '../../../../src/vscode/terminals/terminalRegister.ts';

const terminal = (id: number, change: Partial<SeenTerminal> = {}): SeenTerminal => ({
  id,
  name: `bash ${id}`,
  processId: 100 + id,
  openedWith: null,
  exempt: false,
  ...change,
});

describe('unmeteredTerminals', () => {
  it('names the terminals that were there before Outlay', () => {
    const terminals = [terminal(1), terminal(2, { openedWith: 'now' })];
    expect(unmeteredTerminals(terminals, {}, 'now')).toEqual([{ id: 1, name: 'bash 1' }]);
  });

  it('knows its terminals again after the window was reloaded', () => {
    expect(unmeteredTerminals([terminal(1), terminal(2)], { '101': 'now' }, 'now').map(({ id }) => id)).toEqual([2]);
  });

  it('names terminals that hold an address which is no longer served', () => {
    const terminals = [terminal(1), terminal(2, { openedWith: 'before' })];
    expect(unmeteredTerminals(terminals, { '101': 'before' }, 'now').map(({ id }) => id)).toEqual([1, 2]);
  });

  it('leaves exempt terminals out, and names none while nothing is connected', () => {
    expect(unmeteredTerminals([terminal(1, { exempt: true })], {}, 'now')).toEqual([]);
    expect(unmeteredTerminals([terminal(1)], {}, null)).toEqual([]);
  });
});

describe('rememberTerminals', () => {
  it('forgets terminals that are gone and adds those that were opened with an address', () => {
    const terminals = [terminal(1), terminal(2, { openedWith: 'now' }), terminal(3)];
    expect(rememberTerminals(terminals, { '101': 'now', '999': 'now' })).toEqual({ '101': 'now', '102': 'now' });
  });
});

describe('addressFingerprint', () => {
  it('differs by port and by token and holds neither', () => {
    const prints = [
      addressFingerprint({ port: 1, token: 'secret-a' }),
      addressFingerprint({ port: 1, token: 'secret-b' }),
      addressFingerprint({ port: 2, token: 'secret-a' }),
    ];
    expect(new Set(prints).size).toBe(3);
    expect(prints.filter((print) => print.includes('secret'))).toEqual([]);
  });
});
