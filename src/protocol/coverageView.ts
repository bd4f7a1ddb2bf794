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
  noneHere: 'no call in this window yet',
  lastOpened: (time: string) => `last opened ${time}`,
  openRow: (label: string) => `Coverage of ${label}`,
};

export function coverageView(
  lines: readonly CoverageLine[],
  { nowMs, times }: { readonly nowMs: number; readonly times: TimePrinter },
): readonly CoverageRowView[] {
  return lines.map(({ id, label, about, way, stop, lastCallAtMs, detail, action }) => {
    const words = coverageStrings;
    const time = lastCallAtMs === null ? null : times.printMinute(lastCallAtMs, nowMs);
    const none = about === 'kind' ? words.noneHere : words.noCall;
    const seen = [words.way[way], words.stop[stop], time === null ? none : words.lastCall(time)];
    // Of a kind that is not seen there can be a beginning that is. When an agent was last seen says nothing of how it is seen now.
    const unseen = [words.way.none, ...(time === null || about === 'agent' ? [] : [words.lastOpened(time)])];
    const facts = way === 'none' ? unseen : seen;
    return { id, label, about, facts, isSeen: way !== 'none', detail, action };
  });
}
