/** Agents whose logs hold no counts of the provider but the agent's own estimates. */
const estimating: ReadonlySet<string> = new Set(['continue', 'cursor']);

/** Whether what an agent's log tells may be too much as well as too little. Of any other agent a log that is not exact tells a lower bound. */
export function logsHoldEstimates(agent: string): boolean {
  return estimating.has(agent);
}
