import { readFileSync } from 'node:fs';
import type { ApiKind } from '../../../src/domain/api.ts';
import type { UsagePart } from '../../../src/domain/usage.ts';
import { noResponseFacts, type ResponseFacts } from '../../../src/wire/contract.ts';

const folder = new URL('../../fixtures/recordings/', import.meta.url);

/** One recorded response and what it says, worked out by hand from its bytes. */
export interface Recording {
  readonly file: string;
  readonly api: ApiKind;
  readonly httpStatus: number;
  readonly facts: ResponseFacts;
  /** Kinds of problem that reading it has to report; most have none. */
  readonly problems: readonly string[];
  /** How the text begins and ends, by kind, written as "begin ... end"; the whole of it where that is short. */
  readonly visible: string;
  readonly thinking: string;
  readonly toolArguments: string;
}

export const recordingBytes = (recording: Recording): Buffer => readFileSync(new URL(recording.file, folder));

export const isEventStream = (recording: Recording): boolean => recording.file.endsWith('.sse');

export function recordedRequest(recording: Recording): { readonly body: unknown } {
  const file = recording.file.replace(/\.response\.\w+$/, '.request.json');
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
}

/** Counts in the order input, cache read, cache write 5m, output, thinking. */
type Counts = readonly [number, number, number, number, number | null];

/** What few usages have. */
interface Rare {
  readonly model?: string | null;
  readonly cacheWrite1hTokens?: number;
  readonly webSearches?: number;
  readonly toolCalls?: number;
}

function part(
  counts: Counts,
  { model = null, cacheWrite1hTokens = 0, webSearches = 0, toolCalls = 0 }: Rare,
): UsagePart {
  const [inputTokens, cacheReadTokens, cacheWrite5mTokens, outputTokens, thinkingTokens] = counts;
  const input = { inputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens };
  return { model, usage: { ...input, outputTokens, thinkingTokens, webSearches, toolCalls } };
}

export interface Expected extends Partial<Omit<ResponseFacts, 'parts'>> {
  /** Of the first part; its tool calls are those of the facts. */
  readonly usage?: Counts;
  readonly cacheWrite1hTokens?: number;
  readonly webSearches?: number;
  /** Parts after the first, each with its model where that is another one. */
  readonly extra?: readonly (readonly [Counts, Rare?])[];
  readonly problems?: readonly string[];
  readonly httpStatus?: number;
  readonly visible?: string;
  readonly thinking?: string;
  readonly toolArguments?: string;
}

export function recording(api: ApiKind, file: string, expected: Expected): Recording {
  const { usage, extra, problems, httpStatus, visible, thinking, toolArguments, ...others } = expected;
  const { cacheWrite1hTokens = 0, webSearches = 0, ...facts } = others;
  const first = usage ? [part(usage, { cacheWrite1hTokens, webSearches, toolCalls: facts.toolCalls ?? 0 })] : [];
  const parts = [...first, ...(extra ?? []).map(([counts, rare]) => part(counts, rare ?? {}))];
  return {
    file,
    api,
    httpStatus: httpStatus ?? 200,
    problems: problems ?? [],
    visible: visible ?? '',
    thinking: thinking ?? '',
    toolArguments: toolArguments ?? '',
    facts: { ...noResponseFacts, complete: true, usageState: usage ? 'final' : 'none', ...facts, parts },
  };
}

export const anthropic = (file: string, expected: Expected) =>
  recording('anthropic-messages', `anthropic/${file}`, {
    serviceTier: 'standard',
    stopReason: 'end_turn',
    ...expected,
  });
export const chat = (file: string, expected: Expected) =>
  recording('openai-chat', file, { stopReason: 'stop', ...expected });
export const responses = (file: string, expected: Expected) =>
  recording('openai-responses', file, { stopReason: 'completed', serviceTier: 'default', ...expected });
export const gemini = (file: string, expected: Expected) =>
  recording('gemini-generate', `google/${file}`, { stopReason: 'STOP', ...expected });
