import { codexWindows } from '../../src/wire/codexLimits.ts';
import type { ResponseFacts, TextKind, WireProblem } from '../../src/wire/contract.ts';
import { createResponseReader, type ResponseReaderOptions } from '../../src/wire/responseReader.ts';
import { check, checkFigure, checkSame, checkUnpolluted } from './check.ts';

export interface ReadByFuzzer {
  readonly facts: ResponseFacts;
  readonly text: Readonly<Record<TextKind, string>>;
  readonly problems: readonly WireProblem[];
}

/** Reads a response in the given pieces and checks what holds for any response at all. */
export async function readChecked(
  options: Omit<ResponseReaderOptions, 'sink'>,
  pieces: readonly Uint8Array[],
): Promise<ReadByFuzzer> {
  const text: Record<TextKind, string> = { visible: '', thinking: '', toolArguments: '' };
  const problems: WireProblem[] = [];
  let factsTold: ResponseFacts | null = null;
  let calls = 0;
  const reader = createResponseReader({
    ...options,
    sink: {
      onText(kind, piece) {
        calls++;
        text[kind] += piece;
      },
      onFacts(facts) {
        calls++;
        factsTold = facts;
      },
      onProblem: (problem) => problems.push(problem),
      onLimits(limits) {
        for (const window of codexWindows(limits, observedAtMs)) {
          check(window.usedShare >= 0 && window.usedShare <= 1, `a window is used ${window.usedShare}`);
          checkFigure(window.resetsAtMs, 'the reset of a window');
        }
      },
    },
  });
  for (const piece of pieces) reader.push(piece);
  const facts = await reader.end();
  checkFacts(facts);
  if (factsTold !== null) checkSame(factsTold, facts, 'the sink was not told the last facts');
  check(problems.length <= mostProblems, `${problems.length} problems were reported`);
  if (options.contentEncoding === null) {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    // JSON takes at least one byte for each unit of text, and more than that for each event: nothing is told twice.
    check(text.visible.length + text.thinking.length + text.toolArguments.length <= length, 'text was made up');
    check(calls <= length, `${length} bytes were told in ${calls} calls`);
  }
  checkUnpolluted();
  return { facts, text, problems };
}

export const observedAtMs = Date.UTC(2026, 10, 22);
const mostProblems = 32;
const longestName = 512;

function checkFacts(facts: ResponseFacts): void {
  for (const { usage, model } of facts.parts) {
    for (const [name, count] of Object.entries(usage)) checkFigure(count, name);
    if (usage.thinkingTokens !== null && usage.outputTokens !== null)
      check(usage.thinkingTokens <= usage.outputTokens, 'there is more thinking than output');
    check((model?.length ?? 0) <= longestName, 'the model of a part is too long');
  }
  checkFigure(facts.billedNanoUsd, 'what was billed');
  checkFigure(facts.thinkingEstimateTokens, 'the estimate of thinking');
  checkFigure(facts.toolCalls, 'the number of tool calls');
  check((facts.parts.length === 0) === (facts.usageState === 'none'), 'usage and its state do not agree');
  for (const name of names) check((facts[name]?.length ?? 0) <= longestName, `${name} is too long`);
  check(/^[\w.:/-]{0,64}$/.test(facts.errorType ?? ''), 'the type of the error is no word');
}

const names = ['model', 'responseId', 'serviceTier', 'speed', 'inferenceGeo', 'stopReason', 'errorType'] as const;
