import type { ResponseState } from './responseState.ts';

/** Thinking is a part of the output. A provider that reports more of it than output is held to the output, which is what is billed. */
export function boundedThinking(
  state: Pick<ResponseState, 'problem'>,
  thinking: number | null,
  output: number | null,
): number | null {
  if (thinking === null || output === null || thinking <= output) return thinking;
  state.problem('bad-count', 'more thinking than output was reported');
  return output;
}
