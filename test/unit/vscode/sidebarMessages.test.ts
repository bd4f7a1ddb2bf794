import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFromSidebar } from '../../../src/vscode/sidebarMessages.ts';

describe('parseFromSidebar', () => {
  it('accepts each message in its exact shape', () => {
    const messages = [
      ...['ready', 'openTerminal', 'showAgents', 'retry', 'turnOn', 'showLog'].map((type) => ({ type, body: {} })),
      { type: 'relaunchTerminal', body: { id: 3 } },
    ];
    expect(messages.map(parseFromSidebar)).toEqual(messages);
  });

  it.each([
    [{ type: 'workbench.action.terminal.new', body: {} }],
    [{ type: 'toString', body: {} }],
    [{ type: '__proto__', body: {} }],
    [{ type: 'ready' }],
    [{ type: 'ready', body: { extra: 1 } }],
    [{ type: 'ready', body: {}, extra: 1 }],
    [{ type: 'ready', body: [] }],
    [{ type: 'relaunchTerminal', body: {} }],
    [{ type: 'relaunchTerminal', body: { id: '3' } }],
    [{ type: 'relaunchTerminal', body: { id: 1e300 } }],
    [{ type: 'relaunchTerminal', body: { id: -1 } }],
    [[]],
    [null],
  ])('refuses %j', (value) => {
    expect(parseFromSidebar(value)).toBeNull();
  });

  it('never throws', () => {
    const anything = fc.record({ type: fc.oneof(fc.anything(), fc.constant('relaunchTerminal')), body: fc.anything() });
    fc.assert(
      fc.property(fc.oneof(fc.anything(), anything), (value) => {
        expect(() => parseFromSidebar(value)).not.toThrow();
      }),
      { numRuns: 2000 },
    );
  });
});
