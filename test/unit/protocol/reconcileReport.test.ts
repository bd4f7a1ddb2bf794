import { describe, expect, it } from 'vitest';
import { type CallView, type ReconciledCall, reconcileSums } from '../../../src/domain/reconcile.ts';
import { reconcileReport } from '../../../src/protocol/reconcileReport.ts';
import { TimePrinter } from '../../../src/protocol/shown.ts';
import { usage } from '../ledger/callFixtures.ts';

const view = (outputTokens: number | null, fields: Partial<CallView> = {}): CallView => ({
  ...{ source: 'gateway', provenance: 'reported', costNanoUsd: 20_000_000 },
  usage: usage({ inputTokens: 100, outputTokens }),
  ...fields,
});

const told = (outputTokens: number | null): CallView =>
  view(outputTokens, { source: 'transcript', provenance: 'partial', costNanoUsd: 10_000_000 });

const call = (wire: CallView | null, log: CallView | null): ReconciledCall => ({
  ...{ id: 'c', startedAtMs: Date.UTC(2026, 10, 22, 14, 2, 11), model: 'claude-opus-4-8' },
  ...{ wire, told: log },
});

const report = (calls: readonly ReconciledCall[], session = 's-1') =>
  reconcileReport({ session, agent: 'claude-code' }, calls, new TimePrinter('UTC')).split('\n');

const calls = [call(view(600), told(300)), call(view(50), null), call(null, told(7)), call(view(9), told(null))];

describe('wire against log', () => {
  it('learns the correction from calls of which both tell the output, and from no other', () => {
    expect(reconcileSums(calls)).toEqual({ seenBothWays: 2, onlyWire: 1, onlyTold: 1, outputCorrection: 2 });
    expect(reconcileSums(calls.slice(1)).outputCorrection).toBeNull();
    expect(reconcileSums([]).outputCorrection).toBeNull();
  });

  it('shows each call with both views, and says what is unknown', () => {
    const rows = report(calls).filter((line) => line.includes('claude-opus-4-8'));
    expect(rows).toEqual([
      '| 22 Nov, 14:02:11 | claude-opus-4-8 | both ways | 100 | ≥100 | 600 | ≥300 | -300 | $0.02 | ≥$0.01 |',
      '| 22 Nov, 14:02:11 | claude-opus-4-8 | wire only | 100 | - | 50 | - | - | $0.02 | - |',
      '| 22 Nov, 14:02:11 | claude-opus-4-8 | log only | - | ≥100 | - | ≥7 | - | - | ≥$0.01 |',
      '| 22 Nov, 14:02:11 | claude-opus-4-8 | both ways | 100 | ≥100 | 9 | - | - | $0.02 | ≥$0.01 |',
    ]);
    expect(report(calls)).toContain(
      '2 calls were seen both ways, 1 on the wire only, 1 in the log only. Each is counted once: as the wire saw it, where it did.',
    );
  });

  it('labels the correction as an estimate, and makes none up', () => {
    expect(report(calls)).toContain(
      '**Estimate:** the log has 50 % of the output that passed, so what only such logs tell of may be ≈2.00 times as much. No figure of Outlay is raised by it.',
    );
    const none = 'Nothing follows for what only logs tell of.';
    expect(report(calls.slice(1))).toContain(none);
    expect(report([])).toContain(none);
    expect(report([call(view(1000), told(1001))])).toContain(
      'The log tells of the output that passed: no correction follows.',
    );
  });

  it('takes names from outside for text', () => {
    expect(report([], '[a](command:b) | <img>')).toContain(String.raw`Session \[a\]\(command:b\) \| \<img\>.`);
  });
});
