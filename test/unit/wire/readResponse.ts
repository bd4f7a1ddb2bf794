import type { ApiKind } from '../../../src/domain/api.ts';
import type { CodexLimits } from '../../../src/wire/codexLimits.ts';
import type { ResponseFacts, TextKind, WireProblem } from '../../../src/wire/contract.ts';
import { createResponseReader } from '../../../src/wire/responseReader.ts';

/** Everything that reading one response gave. */
export interface ReadResponse {
  readonly facts: ResponseFacts;
  readonly visible: string;
  readonly thinking: string;
  readonly toolArguments: string;
  readonly problems: readonly WireProblem[];
  readonly factsCalls: readonly ResponseFacts[];
  readonly limits: readonly CodexLimits[];
  readonly textCalls: number;
}

export interface ReadOptions {
  readonly api: ApiKind;
  readonly contentType?: string | null;
  readonly contentEncoding?: string | null;
  readonly httpStatus?: number;
}

/** Reads a response that arrives in the given chunks. */
export async function readResponse(options: ReadOptions, chunks: readonly Uint8Array[]): Promise<ReadResponse> {
  const text: Record<TextKind, string> = { visible: '', thinking: '', toolArguments: '' };
  const problems: WireProblem[] = [];
  const factsCalls: ResponseFacts[] = [];
  const limits: CodexLimits[] = [];
  let textCalls = 0;
  const reader = createResponseReader({
    api: options.api,
    contentType: options.contentType ?? null,
    contentEncoding: options.contentEncoding ?? null,
    httpStatus: options.httpStatus ?? 200,
    sink: {
      onText(kind, piece) {
        text[kind] += piece;
        textCalls++;
      },
      onFacts: (facts) => factsCalls.push(facts),
      onProblem: (problem) => problems.push(problem),
      onLimits: (told) => limits.push(told),
    },
  });
  for (const chunk of chunks) reader.push(chunk);
  const facts = await reader.end();
  return { facts, ...text, problems, factsCalls, limits, textCalls };
}

/** Reads events given as JSON values, as a server would send them; strings are sent as they are. */
export function readEvents(api: ApiKind, events: readonly unknown[]): Promise<ReadResponse> {
  return readResponse({ api, contentType: 'text/event-stream' }, [eventStream(events)]);
}

export function readBody(api: ApiKind, body: unknown, httpStatus = 200): Promise<ReadResponse> {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return readResponse({ api, contentType: 'application/json', httpStatus }, [bytes]);
}

export function eventStream(events: readonly unknown[]): Buffer {
  const frames = events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
  return Buffer.from(frames.join(''));
}

/** The bytes cut before each of the given offsets. */
export function cutAt(bytes: Uint8Array, offsets: readonly number[]): Uint8Array[] {
  const borders = [0, ...offsets, bytes.length];
  return borders.slice(1).map((end, index) => bytes.subarray(borders[index] ?? 0, end));
}

/** The usage of a response with one part, for short expectations. */
export function onlyUsage(read: ReadResponse) {
  const [part] = read.facts.parts;
  return read.facts.parts.length === 1 ? part?.usage : undefined;
}
