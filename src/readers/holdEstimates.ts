import { readers } from './registry.ts';

const estimating: ReadonlySet<string> = new Set(
  readers.filter(({ holdsEstimates }) => holdsEstimates === true).map(({ agent }) => agent),
);

/** Whether an agent's logs hold its own estimates; see `Reader`. */
export function logsHoldEstimates(agent: string): boolean {
  return estimating.has(agent);
}
