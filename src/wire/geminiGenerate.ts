import type { Usage } from '../domain/usage.ts';
import type { ApiDecoder } from './apiDecoder.ts';
import { boundedThinking } from './boundedThinking.ts';
import { arrayField, asObject, field, type JsonObject, nameField, objectField, textField } from './json.ts';
import { errorTypeOf, type ResponseState } from './responseState.ts';

/** Counts of `usageMetadata`; null where a field is absent, which for Google also means 0. */
interface Counts {
  readonly prompt: number | null;
  readonly cached: number | null;
  readonly toolUse: number | null;
  readonly candidates: number | null;
  readonly thoughts: number | null;
  readonly total: number | null;
}

/** Queries beyond this many are no longer counted, and only the head of each is kept to tell it from the others. */
const maxQueries = 1_000;
const maxQueryLength = 512;

/**
 * Gemini generateContent and streamGenerateContent, also wrapped as `{response: {...}}` (Code Assist). Every chunk carries the
 * cumulative `usageMetadata`. Output is candidates and thoughts; tool-use prompt tokens are input beside the prompt; the
 * prompt includes what came from a cache. Thought parts are summaries of the thinking. Web searches are the queries of the
 * grounding metadata, each once; a fetched page or a look at a map is none.
 * Source: the types of @google/genai (GenerateContentResponseUsageMetadata).
 */
export function createGeminiGenerateDecoder(state: ResponseState): ApiDecoder {
  let counts: Counts | null = null;
  /** What was searched for; chunks may repeat it. */
  const queries = new Set<string>();

  function readCandidate(entry: unknown): void {
    const candidate = asObject(entry);
    const reason = nameField(candidate, 'finishReason');
    for (const part of arrayField(objectField(candidate, 'content'), 'parts')) readPart(asObject(part));
    for (const query of arrayField(objectField(candidate, 'groundingMetadata'), 'webSearchQueries')) {
      if (typeof query === 'string' && query !== '' && queries.size < maxQueries)
        queries.add(query.slice(0, maxQueryLength));
    }
    if (reason !== null && reason !== 'FINISH_REASON_UNSPECIFIED') end(reason);
  }

  function end(reason: string): void {
    state.set('stopReason', reason);
    state.set('complete', true);
  }

  function readPart(part: JsonObject | null): void {
    const text = textField(part, 'text');
    if (field(part, 'thought') === true) {
      state.set('thinkingSeen', true);
      state.set('thinkingHidden', true);
      if (text !== null) state.text('thinking', text);
    } else if (text !== null) state.text('visible', text);
    const code = textField(objectField(part, 'executableCode'), 'code');
    if (code !== null) state.text('toolArguments', code);
    const call = objectField(part, 'functionCall');
    if (call === null) return;
    // A call whose arguments are streamed goes on in further parts, which have no name.
    if (nameField(call, 'name') !== null) state.set('toolCalls', state.facts().toolCalls + 1);
    const args = field(call, 'args') ?? field(call, 'partialArgs');
    if (args !== undefined && args !== null) state.text('toolArguments', JSON.stringify(args));
  }

  function readUsage(usage: JsonObject): void {
    const tier = nameField(usage, 'serviceTier') ?? nameField(usage, 'trafficType');
    if (tier !== null) state.set('serviceTier', tier);
    const now = readCounts(state, usage);
    // Vertex names the traffic type alone until it counts, and for a blocked prompt it never does.
    if (Object.values(now).every((count) => count === null)) return;
    counts = {
      prompt: now.prompt ?? counts?.prompt ?? null,
      cached: now.cached ?? counts?.cached ?? null,
      toolUse: now.toolUse ?? counts?.toolUse ?? null,
      candidates: now.candidates ?? counts?.candidates ?? null,
      thoughts: now.thoughts ?? counts?.thoughts ?? null,
      total: now.total ?? counts?.total ?? null,
    };
  }

  function read(data: JsonObject): void {
    const response = objectField(data, 'response') ?? data;
    const error = errorTypeOf(field(data, 'error') ?? field(response, 'error'));
    if (error !== null) state.set('errorType', error);
    const model = nameField(response, 'modelVersion');
    if (model !== null) state.set('model', model);
    const id = nameField(response, 'responseId');
    if (id !== null) state.set('responseId', id);
    for (const candidate of arrayField(response, 'candidates')) readCandidate(candidate);
    const blocked = nameField(objectField(response, 'promptFeedback'), 'blockReason');
    if (blocked !== null) end(blocked);
    const usage = objectField(response, 'usageMetadata');
    if (usage !== null) readUsage(usage);
  }

  function refresh(): void {
    if (counts === null) return;
    const facts = state.facts();
    const usage = usageOf(state, counts);
    state.setParts([{ model: null, usage: { ...usage, webSearches: queries.size, toolCalls: facts.toolCalls } }]);
    state.set('usageState', facts.complete ? 'final' : 'interim');
    if ((usage.thinkingTokens ?? 0) === 0) return;
    state.set('thinkingSeen', true);
    state.set('thinkingHidden', true);
  }

  return {
    event(data) {
      read(data);
      refresh();
    },
    done() {
      state.set('complete', true);
      refresh();
    },
    body(value) {
      read(value);
      state.set('complete', true);
      refresh();
    },
  };
}

function readCounts(state: ResponseState, usage: JsonObject): Counts {
  return {
    prompt: state.count(usage, 'promptTokenCount'),
    cached: state.count(usage, 'cachedContentTokenCount'),
    toolUse: state.count(usage, 'toolUsePromptTokenCount'),
    candidates: state.count(usage, 'candidatesTokenCount'),
    thoughts: state.count(usage, 'thoughtsTokenCount'),
    total: state.count(usage, 'totalTokenCount'),
  };
}

function usageOf(state: ResponseState, counts: Counts): Usage {
  const { prompt, toolUse, candidates, thoughts, total } = counts;
  const known = (prompt ?? 0) + (toolUse ?? 0);
  if (prompt !== null && (counts.cached ?? 0) > prompt) {
    state.problem('bad-count', 'more cached than prompt tokens were reported');
  }
  const cached = prompt === null ? (counts.cached ?? 0) : Math.min(counts.cached ?? 0, prompt);
  // Google leaves out counts of 0: neither candidates nor thoughts, with a total that the prompt explains, is an output of 0.
  const none = candidates === null && thoughts === null;
  const output = none ? (total === known ? 0 : null) : (candidates ?? 0) + (thoughts ?? 0);
  const thinking = thoughts ?? (total !== null && total === known + (candidates ?? 0) ? 0 : null);
  return {
    inputTokens: prompt === null && toolUse === null ? null : known - cached,
    cacheReadTokens: cached,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: output,
    thinkingTokens: boundedThinking(state, thinking, output),
    webSearches: 0,
    toolCalls: 0,
  };
}
