import type { CoverageLine, CoverageStep, CoverageStop, CoverageSubject, CoverageWay } from './coverage.ts';
import type { TimePrinter } from './shown.ts';

export interface CoverageRowView {
  readonly id: string;
  readonly label: string;
  readonly about: CoverageSubject;
  /** How it is seen, what a budget can do, and when a call was last seen. */
  readonly facts: readonly string[];
  readonly isSeen: boolean;
  readonly detail: string;
  readonly action: CoverageStep | null;
}

export const coverageStrings = {
  title: 'Coverage',
  none: 'No agent was found: neither on the PATH nor among the extensions.',
  unseen:
    'Not seen in any case: calls over WebSockets inside VS Code, and agents that VS Code runs in a process of its own.',
  way: {
    gateway: 'by the gateway',
    host: 'inside VS Code',
    transcript: 'by its transcript',
    none: 'not seen',
  } satisfies Record<CoverageWay, string>,
  stop: {
    ends: 'ends at a budget',
    refuses: 'refused at a budget',
    none: 'cannot be stopped',
  } satisfies Record<CoverageStop, string>,
  lastCall: (time: string) => `last call ${time}`,
  noCall: 'no call this week',
  openRow: (label: string) => `Coverage of ${label}`,
};

export function coverageView(
  lines: readonly CoverageLine[],
  { nowMs, times }: { readonly nowMs: number; readonly times: TimePrinter },
): readonly CoverageRowView[] {
  return lines.map(({ id, label, about, way, stop, lastCallAtMs, detail, action }) => {
    const words = coverageStrings;
    const last = lastCallAtMs === null ? words.noCall : words.lastCall(times.printMinute(lastCallAtMs, nowMs));
    const seen = [words.way[way], words.stop[stop], ...(about === 'kind' ? [] : [last])];
    const facts = way === 'none' ? [words.way.none] : seen;
    return { id, label, about, facts, isSeen: way !== 'none', detail, action };
  });
}
