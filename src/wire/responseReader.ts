import type { ApiKind } from '../domain/api.ts';
import { createAnthropicMessagesDecoder } from './anthropicMessages.ts';
import type { ApiDecoder } from './apiDecoder.ts';
import type { ResponseFacts, ResponseReader, ResponseSink, WireProblem } from './contract.ts';
import { createDecompressor } from './decompressor.ts';
import { createEventStream } from './eventStream.ts';
import { createGeminiGenerateDecoder } from './geminiGenerate.ts';
import { asObject, type JsonObject } from './json.ts';
import { createJsonBody } from './jsonBody.ts';
import { createOpenaiChatDecoder } from './openaiChat.ts';
import { createOpenaiResponsesDecoder } from './openaiResponses.ts';
import { createResponseState, errorTypeOf, type ResponseState } from './responseState.ts';

export interface ResponseReaderOptions {
  readonly api: ApiKind;
  /** The response's Content-Type and Content-Encoding headers, null where absent. */
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
  readonly httpStatus: number;
  readonly sink: ResponseSink;
}

/** Text that was decoded from the body, on its way to the framing that it turned out to have. */
interface Framing {
  push(text: string): void;
  end(): void;
  done(): boolean;
}

const decoders: Readonly<Record<ApiKind, (state: ResponseState) => ApiDecoder>> = {
  'anthropic-messages': createAnthropicMessagesDecoder,
  'openai-chat': createOpenaiChatDecoder,
  'openai-responses': createOpenaiResponsesDecoder,
  'gemini-generate': createGeminiGenerateDecoder,
};

/**
 * Reads one response body of an LLM API, as the contract says: encodings, then UTF-8, then event stream or JSON, then the API.
 * Nothing of the body is kept beyond the event or body that is being read. A sink that throws ends the reading, not the caller.
 */
export function createResponseReader(options: ResponseReaderOptions): ResponseReader {
  const state = createResponseState(options.sink, options.httpStatus);
  const body = createBodyText(options, state, decoders[options.api](state));
  let broken = false;

  function safely(work: () => void): void {
    if (broken) return;
    try {
      work();
    } catch {
      broken = true;
    }
  }

  const decompressor = createDecompressor({
    contentEncoding: options.contentEncoding,
    onData(bytes) {
      safely(() => body.push(bytes));
      if (broken || body.done()) decompressor.stop();
    },
    onProblem(problem) {
      safely(() => {
        state.problem(problem.code, problem.detail);
        body.decodingFailed();
      });
    },
  });

  async function finish(): Promise<ResponseFacts> {
    await decompressor.end();
    safely(() => body.end());
    return state.facts();
  }

  let ended: Promise<ResponseFacts> | null = null;
  return {
    push(chunk) {
      if (ended === null && !broken) decompressor.push(chunk);
    },
    end() {
      ended ??= finish();
      return ended;
    },
  };
}

interface BodyText {
  push(bytes: Uint8Array): void;
  /** The body has been cut by a problem that was reported: that it then ends badly is no second one. */
  decodingFailed(): void;
  end(): void;
  done(): boolean;
}

/** Decodes UTF-8 and decides by the first character and the content type what the body is. */
function createBodyText(options: ResponseReaderOptions, state: ResponseState, decoder: ApiDecoder): BodyText {
  // The byte order mark is left in: an event stream may drop one only, and its parser does.
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  let framing: Framing | null = null;
  let head = '';
  let cut = false;

  function report({ code, detail }: WireProblem): void {
    if (!cut) state.problem(code, detail);
  }

  function feed(text: string): void {
    if (framing !== null) {
      framing.push(text);
      return;
    }
    head = head.length < maxBlankLength ? head + text : text;
    const first = head.replace(/^\uFEFF/, '').trimStart();
    if (first === '') return;
    framing = chooseFraming(options, first, { state, decoder, report });
    framing.push(isJsonStart(first) ? first : head);
    head = '';
  }

  return {
    push(bytes) {
      feed(utf8.decode(bytes, { stream: true }));
      state.flush();
    },
    decodingFailed() {
      cut = true;
    },
    end() {
      feed(utf8.decode());
      framing?.end();
      state.flush();
    },
    done: () => framing?.done() ?? false,
  };
}

/** Where a framing's findings go. */
interface Target {
  readonly state: ResponseState;
  readonly decoder: ApiDecoder;
  readonly report: (problem: WireProblem) => void;
}

/** Blank text in front of a body that is kept until its kind is known; more of it is dropped, as it means nothing. */
const maxBlankLength = 4096;

function isJsonStart(text: string): boolean {
  return text.startsWith('{') || text.startsWith('[');
}

function chooseFraming(options: ResponseReaderOptions, first: string, target: Target): Framing {
  // What the body starts with is better evidence than its label: neither kind can start with the other's first character, and
  // an error on a streaming request is JSON whatever the label says.
  if (isJsonStart(first)) return jsonFraming(options.api, target);
  if (/^(text\/event-stream)\b/i.test(options.contentType?.trim() ?? '') || 'deir:'.includes(first.charAt(0))) {
    return eventFraming(target);
  }
  target.report({ code: 'malformed-json', detail: 'the body is neither JSON nor an event stream' });
  return { push: () => undefined, end: () => undefined, done: () => true };
}

function eventFraming({ state, decoder, report }: Target): Framing {
  return createEventStream({
    onEvent(data) {
      decoder.event(data);
      state.flush();
    },
    onDone() {
      decoder.done();
      state.flush();
    },
    onProblem: report,
  });
}

function jsonFraming(api: ApiKind, { state, decoder, report }: Target): Framing {
  function readBody(body: JsonObject): void {
    decoder.body(body);
    // An error in a shape of its own is still an error.
    if (state.httpStatus >= 400 && state.facts().errorType === null) state.set('errorType', errorTypeOf(body));
  }

  return createJsonBody({
    onBody(value) {
      const object = asObject(value);
      if (object !== null) readBody(object);
      else state.problem('unexpected-shape', 'the body is no object');
    },
    onElement(value) {
      const object = asObject(value);
      if (object === null) state.problem('unexpected-shape', 'an element of the body is no object');
      else if (api === 'gemini-generate') decoder.event(object);
      else readBody(object);
      state.flush();
    },
    onArrayEnd() {
      // Only Gemini streams arrays: its closing bracket is the end of the stream, whether or not a finish reason came.
      if (api === 'gemini-generate') decoder.done();
    },
    onProblem: report,
  });
}
