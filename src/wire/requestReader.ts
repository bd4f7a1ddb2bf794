import type { ApiKind } from '../domain/api.ts';
import type { RequestFacts, RequestReader, WireProblem } from './contract.ts';
import { createDecompressor } from './decompressor.ts';
import { asObject, nameField, parseJson } from './json.ts';
import { createJsonScanner, type JsonScan } from './jsonScan.ts';

export interface RequestReaderOptions {
  readonly api: ApiKind;
  /** The request's Content-Encoding header, null where absent. */
  readonly contentEncoding: string | null;
  /** What the path says (Gemini, Azure), null where it says nothing. */
  readonly pathModel: string | null;
  readonly pathStream: boolean | null;
}

const paths = [
  'model',
  'stream',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'generationConfig.maxOutputTokens',
  'request.generationConfig.maxOutputTokens',
  'inferenceConfig.maxTokens',
  'options.num_predict',
  'reasoning_effort',
  'reasoning.effort',
  'reasoning.max_tokens',
  'output_config.effort',
  'thinking.type',
  'thinking.budget_tokens',
  'thinking.display',
  'generationConfig.thinkingConfig.thinkingLevel',
  'generationConfig.thinkingConfig.thinkingBudget',
  'request.generationConfig.thinkingConfig.thinkingLevel',
  'request.generationConfig.thinkingConfig.thinkingBudget',
  'additionalModelRequestFields.thinking.type',
  'additionalModelRequestFields.thinking.budget_tokens',
  'additionalModelRequestFields.thinking.display',
  'additionalModelRequestFields.output_config.effort',
  'think',
  'service_tier',
  'serviceTier',
  'speed',
  'metadata.user_id',
  'prompt_cache_key',
  'request.session_id',
];

/**
 * Reads what a request of any of the APIs says before its response, in bounded memory. Gemini's fields are also found under
 * `request`, where Code Assist puts them. Never throws.
 */
export function createRequestReader(options: RequestReaderOptions): RequestReader {
  const scanner = createJsonScanner(paths);
  const problems: WireProblem[] = [];
  const decompressor = createDecompressor({
    contentEncoding: options.contentEncoding,
    onData: (bytes) => scanner.push(bytes),
    onProblem: (problem) => problems.push(problem),
  });
  let bytes = 0;

  async function finish(): Promise<RequestFacts> {
    await decompressor.end();
    return readFacts(options, scanner.end(), problems, bytes > 0);
  }

  let ended: Promise<RequestFacts> | null = null;
  return {
    push(chunk) {
      if (ended !== null) return;
      bytes += chunk.length;
      decompressor.push(chunk);
    },
    end() {
      ended ??= finish();
      return ended;
    },
  };
}

function readFacts(
  options: RequestReaderOptions,
  scan: JsonScan,
  decodingProblems: readonly WireProblem[],
  hasBody: boolean,
): RequestFacts {
  const problems = [...decodingProblems];
  if (hasBody && problems.length === 0) {
    if (scan.status === 'too-deep') problems.push({ code: 'too-large', detail: 'the request is nested too deep' });
    else if (scan.status !== 'whole')
      problems.push({ code: 'malformed-json', detail: 'the request is no JSON or was cut' });
    else if (scan.topLevel !== 'object')
      problems.push({ code: 'unexpected-shape', detail: 'the request is no object' });
  }
  const isObject = scan.status === 'whole' && scan.topLevel === 'object';
  const bodyModel = text(scan, 'model');
  const gemini = options.api === 'gemini-generate';
  return {
    model: plainModel(gemini ? (options.pathModel ?? bodyModel) : (bodyModel ?? options.pathModel)),
    // A whole request that does not ask for a stream gets none, in every API whose path does not say, but for Ollama's own.
    stream:
      options.pathStream ?? flag(scan, 'stream') ?? (isObject && !gemini ? options.api === 'ollama-native' : null),
    effort: readEffort(scan),
    ...(omitsThinking(scan) ? { omitsThinking: true } : {}),
    maxOutputTokens: readMaxOutput(scan, problems),
    serviceTier: text(scan, 'service_tier') ?? text(scan, 'serviceTier'),
    speed: text(scan, 'speed'),
    session: readSession(scan),
    textBytes: scan.textBytes,
    problems,
  };
}

function text(scan: JsonScan, path: string): string | null {
  const value = scan.values.get(path)?.value;
  return typeof value === 'string' && value !== '' && value.length <= 512 ? value : null;
}

function flag(scan: JsonScan, path: string): boolean | null {
  const value = scan.values.get(path)?.value;
  return typeof value === 'boolean' ? value : null;
}

function whole(scan: JsonScan, path: string): number | null {
  const value = scan.values.get(path)?.value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

function plainModel(model: string | null): string | null {
  return model?.replace(/^models\//, '') ?? null;
}

function readMaxOutput(scan: JsonScan, problems: WireProblem[]): number | null {
  for (const path of [
    'max_completion_tokens',
    'max_output_tokens',
    'max_tokens',
    'generationConfig.maxOutputTokens',
    'request.generationConfig.maxOutputTokens',
    'inferenceConfig.maxTokens',
    'options.num_predict',
  ]) {
    const found = scan.values.get(path);
    if (found === undefined || found.kind === 'null') continue;
    const count = whole(scan, path);
    if (count !== null && count >= 0) return count;
    // Ollama's negative numbers mean that there is no limit.
    if (path === 'options.num_predict' && count !== null) continue;
    problems.push({ code: 'bad-count', detail: `${path} is no whole number from 0 to 2^53-1` });
  }
  return null;
}

/** The reasoning effort in the API's own word, or "budget N" where it is a number of tokens ("dynamic" for Gemini's -1). */
function readEffort(scan: JsonScan): string | null {
  const word =
    text(scan, 'reasoning_effort') ??
    text(scan, 'reasoning.effort') ??
    text(scan, 'output_config.effort') ??
    text(scan, 'additionalModelRequestFields.output_config.effort') ??
    text(scan, 'think') ??
    text(scan, 'generationConfig.thinkingConfig.thinkingLevel')?.toLowerCase() ??
    text(scan, 'request.generationConfig.thinkingConfig.thinkingLevel')?.toLowerCase();
  if (word !== undefined) return word;
  const budget =
    whole(scan, 'thinking.budget_tokens') ??
    whole(scan, 'additionalModelRequestFields.thinking.budget_tokens') ??
    whole(scan, 'reasoning.max_tokens') ??
    whole(scan, 'generationConfig.thinkingConfig.thinkingBudget') ??
    whole(scan, 'request.generationConfig.thinkingConfig.thinkingBudget');
  if (budget === null) return text(scan, 'thinking.type');
  return budget < 0 ? 'dynamic' : `budget ${budget}`;
}

/**
 * Where a request does not say how its thinking is shown, the model decides: those that take a budget of thinking tokens show a summary, of
 * those that think as they see fit the newer ones show nothing.
 */
function omitsThinking(scan: JsonScan): boolean {
  return ['thinking', 'additionalModelRequestFields.thinking'].some((path) => {
    const type = text(scan, `${path}.type`);
    if (type === null || type === 'disabled') return false;
    const display = text(scan, `${path}.display`);
    return display === null ? type !== 'enabled' : display !== 'summarized';
  });
}

const longestSession = 256;

/** The agent's session id: a JSON `user_id` that holds one, the older `user_id` that ends in one, or the prompt cache key. */
function readSession(scan: JsonScan): string | null {
  const userId = scan.values.get('metadata.user_id')?.value;
  const session =
    (typeof userId === 'string' ? sessionOfUserId(userId) : null) ??
    text(scan, 'prompt_cache_key') ??
    text(scan, 'request.session_id');
  return session !== null && session.length <= longestSession ? session : null;
}

function sessionOfUserId(userId: string): string | null {
  if (userId.startsWith('{')) return nameField(asObject(parseJson(userId)), 'session_id');
  return /_session_([0-9A-Za-z-]{8,128})$/.exec(userId)?.[1] ?? null;
}
