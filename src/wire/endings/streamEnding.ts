import type { ApiKind } from '../../domain/api.ts';
import { asObject, parseJson } from '../json.ts';
import { createAnthropicEnding } from './anthropicEnding.ts';
import { createBedrockEnding } from './bedrockEnding.ts';
import type { EndingTracker, Sentence } from './contract.ts';
import { eventLines } from './eventText.ts';
import { createGeminiEnding } from './geminiEnding.ts';
import { createOllamaEnding } from './ollamaEnding.ts';
import { createOpenaiChatEnding } from './openaiChatEnding.ts';
import { createOpenaiResponsesEnding } from './openaiResponsesEnding.ts';
import {
  createEventEnd,
  createFrameEnd,
  createLineEnd,
  createUnitSplitter,
  type UnitEnd,
  type UnitSplitter,
} from './units.ts';

/**
 * Stands in a stream that may have to be ended. Only whole events are let through, since an ending must not land inside one and
 * no client can read half of one anyway; at the stream's own end every byte has been let through, as it came.
 */
export interface StreamEnding {
  /** Takes what came; gives what may be passed on, in order. */
  push(chunk: Uint8Array): readonly Uint8Array[];
  /** What is held of an event that never became whole, to be passed on at the stream's own end. */
  rest(): readonly Uint8Array[];
  /** The bytes that end the stream here; null where it cannot be ended, because it is inside an event too long to hold. */
  ending(sentence: Sentence): Uint8Array | null;
}

export interface StreamEndingOptions {
  readonly api: ApiKind;
  /** A name of the gateway's table of agents: some take another ending best. */
  readonly agent: string;
}

/** A longer event is passed on as it comes: pictures are that long, and while one passes the stream can only be broken off. */
const heldBytesMax = 8 * 1024 * 1024;

/** Null where the response is no stream, or one that nothing can be added to. `type` and `encoding` are its header fields. */
export function createStreamEnding(
  options: StreamEndingOptions,
  { type, encoding }: { readonly type: string; readonly encoding: string },
): StreamEnding | null {
  const coding = encoding.trim().toLowerCase();
  if (coding !== '' && coding !== 'identity') return null;
  const framing = framingOf(options.api, type);
  if (framing === null) return null;
  if (framing === 'frames') return new UnitStreamEnding(frameUnits(), createFrameEnd());
  const endOf = framing === 'sse' ? createEventEnd() : createLineEnd();
  return new UnitStreamEnding(textUnits(trackerOf(options), framing), endOf);
}

/** Whether a response is streamed, by its content type: what is not has been generated as a whole. */
export function isStreamType(api: ApiKind, type: string): boolean {
  return framingOf(api, type) !== null;
}

function framingOf(api: ApiKind, type: string): 'sse' | 'lines' | 'frames' | null {
  if (/^\s*text\/event-stream\b/i.test(type)) return 'sse';
  if (/^\s*application\/vnd\.amazon\.eventstream\b/i.test(type)) return 'frames';
  return api === 'ollama-native' && /^\s*application\/x-ndjson\b/i.test(type) ? 'lines' : null;
}

/**
 * Which ending a client gets, and what the real ones did after it (test/agents/refusals.test.ts; every later request refused):
 * - Claude Code 2.1.330: `max_tokens` one more request, to go on, and "API Error: 402 <sentence>"; `error` in a tool call none and
 *   "API Error: <sentence>", in thinking one more. `end_turn` would be none, and exit code 0 for half an answer.
 * - Codex 0.169: `response.failed` none, "ERROR: <sentence>".
 * - Gemini CLI 0.61: `MAX_TOKENS` none, the sentence below what had come.
 * - Qwen Code 0.24: `length` two more, the sentence below what had come; the error chunk in a tool call none, "[API Error: <sentence>]".
 * - OpenCode 1.18 (Anthropic): one more, "Error: <sentence>".
 */
function trackerOf({ api, agent }: StreamEndingOptions): EndingTracker {
  switch (api) {
    case 'openai-chat':
      return createOpenaiChatEnding();
    case 'openai-responses':
      return createOpenaiResponsesEnding(agent === 'codex' ? 'failed' : 'incomplete');
    case 'gemini-generate':
      return createGeminiEnding();
    case 'ollama-native':
      return createOllamaEnding();
    default:
      return createAnthropicEnding();
  }
}

/** What the whole units of a stream mean, and what ends it. */
interface UnitReader {
  read(parts: readonly Uint8Array[]): void;
  ending(sentence: Sentence): Uint8Array | null;
}

function textUnits(tracker: EndingTracker, framing: 'sse' | 'lines'): UnitReader {
  return {
    read(parts) {
      const text = Buffer.concat(parts).toString('utf8');
      const data = (framing === 'sse' ? dataOf(text) : text).trim();
      if (data === '[DONE]') tracker.done();
      const object = asObject(parseJson(data));
      if (object !== null) tracker.event(object);
    },
    ending: (sentence) => Buffer.from(eventLines(tracker.ending(sentence, 'stopped'), framing)),
  };
}

function frameUnits(): UnitReader {
  const bedrock = createBedrockEnding();
  return { read: (parts) => bedrock.frame(parts), ending: ({ message }) => bedrock.ending(message) };
}

class UnitStreamEnding implements StreamEnding {
  readonly #reader: UnitReader;
  readonly #splitter: UnitSplitter;
  /** The unit that is being read grew too long to hold: it is passed on as it comes. */
  #passing = false;

  constructor(reader: UnitReader, endOf: UnitEnd) {
    this.#reader = reader;
    this.#splitter = createUnitSplitter(endOf);
  }

  push(chunk: Uint8Array): readonly Uint8Array[] {
    const out: Uint8Array[] = [];
    this.#splitter.push(chunk, (parts) => {
      out.push(...parts);
      if (!this.#passing) this.#reader.read(parts);
      this.#passing = false;
    });
    if (this.#splitter.heldBytes() > heldBytesMax) this.#passing = true;
    if (this.#passing) out.push(...this.#splitter.rest());
    return out;
  }

  rest(): readonly Uint8Array[] {
    return this.#splitter.rest();
  }

  ending(sentence: Sentence): Uint8Array | null {
    return this.#passing ? null : this.#reader.ending(sentence);
  }
}

function dataOf(event: string): string {
  return event
    .split(/\r\n|\r|\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5))
    .join('\n');
}
