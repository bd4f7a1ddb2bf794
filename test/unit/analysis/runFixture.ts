import type { Run, RunListPrice } from '../../../src/domain/run.ts';

let made = 0;

export const price = (inputUsd: number, outputUsd: number): RunListPrice => ({
  inputNanoUsdPerMtok: inputUsd * 1e9,
  outputNanoUsdPerMtok: outputUsd * 1e9,
  cacheReadNanoUsdPerMtok: null,
  cacheWriteNanoUsdPerMtok: null,
});

/** A run with everything unknown but what is said; costs in dollars. */
export function makeRun(fields: Partial<Run> & { readonly usd?: number | null }): Run {
  const { usd, ...rest } = fields;
  made += 1;
  return {
    id: `run-${String(made).padStart(9, '0')}`,
    origin: 'import:test',
    task: 't1',
    taskTitle: fields.task ?? 't1',
    model: 'm',
    effort: null,
    agent: null,
    run: null,
    passed: null,
    isCensored: false,
    costNanoUsd: usd === undefined || usd === null ? null : usd * 1e9,
    costWithoutThinkingNanoUsd: null,
    inputTokens: null,
    cacheReadTokens: null,
    cacheWriteTokens: null,
    outputTokens: null,
    thinkingTokens: null,
    calls: null,
    seconds: null,
    startedAtMs: null,
    listPrice: null,
    ...rest,
  };
}
