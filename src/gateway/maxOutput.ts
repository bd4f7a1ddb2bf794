import type { ApiKind, ProviderId } from '../domain/api.ts';
import { createJsonScanner, type JsonScan } from '../wire/jsonScan.ts';
import type { BodyPatch } from './chatUsage.ts';

/** Where a request says how much it may be answered with. */
export interface MaxOutputTarget {
  readonly api: ApiKind;
  readonly provider: ProviderId;
  readonly pathModel: string | null;
  /** The path that is requested, without its query. */
  readonly path: string;
}

/** Paths of the field in a body, the one to add first. */
const fields: Readonly<Record<ApiKind, readonly string[]>> = {
  'anthropic-messages': ['max_tokens'],
  'openai-chat': ['max_tokens', 'max_completion_tokens'],
  'openai-responses': ['max_output_tokens'],
  'gemini-generate': ['generationConfig.maxOutputTokens'],
  'bedrock-converse': ['inferenceConfig.maxTokens'],
  'bedrock-invoke': ['max_tokens'],
  'ollama-native': ['options.num_predict'],
};

/** Whether the API takes the field at all. ChatGPT's backend refuses requests that have it, and a compaction has none. */
export function takesMaxOutput({ api, provider, pathModel, path }: MaxOutputTarget): boolean {
  if (provider === 'chatgpt' || path.endsWith('/responses/compact')) return false;
  return api !== 'bedrock-invoke' || /anthropic/i.test(pathModel ?? '');
}

/**
 * The changes that lower a body's max output, none where it is as low already; null where it cannot be done, because the API has no
 * such field, or the body is no JSON object or has something else in the field's place.
 */
export function lowerMaxOutput(
  target: MaxOutputTarget,
  body: Uint8Array,
  maxOutputTokens: number,
): readonly BodyPatch[] | null {
  const paths = pathsOf(target);
  const parents = paths.flatMap((path) => path.split('.').map((_name, at, names) => names.slice(0, at).join('.')));
  const scanner = createJsonScanner([...paths, ...parents.filter((path) => path !== '')]);
  scanner.push(body);
  const scan = scanner.end();
  if (!takesMaxOutput(target) || scan.status !== 'whole' || scan.topLevel !== 'object') return null;
  return patchesOf(scan, { body, paths, value: String(maxOutputTokens), max: maxOutputTokens });
}

function pathsOf({ api, provider, pathModel }: MaxOutputTarget): readonly string[] {
  // Code Assist names its model in the body, and wraps what Gemini's API takes.
  if (api === 'gemini-generate' && pathModel === null) return ['request.generationConfig.maxOutputTokens'];
  // OpenAI's reasoning models refuse the old name; others know only that.
  if (api === 'openai-chat' && (provider === 'openai' || provider === 'azure')) return [...fields[api]].reverse();
  return fields[api];
}

interface Lowering {
  readonly body: Uint8Array;
  readonly paths: readonly string[];
  readonly value: string;
  readonly max: number;
}

function patchesOf(scan: JsonScan, { body, paths, value, max }: Lowering): readonly BodyPatch[] | null {
  const patches: BodyPatch[] = [];
  let isSet = false;
  for (const path of paths) {
    const found = scan.values.get(path);
    if (found === undefined) continue;
    if (found.kind !== 'number' && found.kind !== 'null') return null;
    isSet = true;
    // Negative numbers are Ollama's way to say that there is no limit.
    const isLow = typeof found.value === 'number' && found.value >= 0 && found.value <= max;
    if (!isLow) patches.push({ range: found, text: value });
  }
  if (isSet) return patches;
  const added = insertion(scan, body, { path: paths[0] ?? '', value });
  return added === null ? null : [added];
}

const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Adds the field to the innermost object of its path that is there. */
function insertion(
  scan: JsonScan,
  body: Uint8Array,
  field: { readonly path: string; readonly value: string },
): BodyPatch | null {
  const names = field.path.split('.');
  for (let depth = names.length - 1; depth >= 0; depth -= 1) {
    const parent = names.slice(0, depth).join('.');
    const found = scan.values.get(parent);
    if (depth > 0 && found === undefined) continue;
    const member = names
      .slice(depth)
      .reduceRight((inner, name, at) => `${at === 0 ? '' : '{'}"${name}":${inner}${at === 0 ? '' : '}'}`, field.value);
    if (found?.kind === 'null') return { range: found, text: `{${member}}` };
    if (found !== undefined && found.kind !== 'object') return null;
    const start = found === undefined ? scan.objectStart : found.start + 1;
    if (found !== undefined && body[found.start] !== openBrace) return null;
    return { range: { start, end: start }, text: `${member}${isEmptyAt(body, start) ? '' : ','}` };
  }
  return null;
}

/** Whether the object whose members start here has none. */
function isEmptyAt(body: Uint8Array, start: number): boolean {
  let at = start;
  while (at < body.length && (body[at] as number) <= 0x20) at += 1;
  return body[at] === closeBrace;
}
