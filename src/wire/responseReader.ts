import type { ApiKind } from '../domain/api.ts';
import type { ApiDecoder } from './apiDecoder.ts';
import { type ApiFormat, apiFormats } from './apiFormats.ts';
import { createBedrockEvents } from './bedrockEvents.ts';
import type { ResponseFacts, ResponseReader, ResponseSink, WireProblem } from './contract.ts';
import { createDecompressor } from './decompressor.ts';
import { createEventStream } from './eventStream.ts';
import { asObject, type JsonObject } from './json.ts';
import { createJsonBody } from './jsonBody.ts';
import { createJsonLines } from './jsonLines.ts';
import { createResponseState, errorTypeOf, type ResponseState } from './responseState.ts';

export interface ResponseReaderOptions {
  readonly api: ApiKind;
  /** The response's Content-Type and Content-Encoding headers, null where absent. */
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
  readonly httpStatus: number;
  /** The model that the request's path named (Bedrock, Gemini, Azure); null or absent where it named none. */
  readonly pathModel?: string | null;
  readonly sink: ResponseSink;
}

/** Text that was decoded from the body, on its way to the framing that it turned out to have. */
interface Framing {
  push(text: string): void;
  end(): void;
  done(): boolean;
}

/**
 * Reads one response body of an LLM API, as the contract says: encodings, then event stream (as text or AWS's binary one) or JSON,
 * then the API.
 * Nothing of the body is kept beyond the event or body that is being read. A sink that throws ends the reading, not the caller.
 */
export function createResponseReader(options: ResponseReaderOptions): ResponseReader {
  const state = createResponseState(options.sink, options.httpStatus);
  const format = apiFormats[options.api];
  const body = createBody(options, state, format.createDecoder(state, options.pathModel ?? null));
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
      if (ended === null) decompressor.push(chunk);
    },
    end() {
      ended ??= finish();
      return ended;
    },
  };
}

/** What takes the bytes of a body once they are decompressed. */
interface BytesReader {
  push(bytes: Uint8Array): void;
  end(): void;
  done(): boolean;
}

interface Body extends BytesReader {
  /** The body has been cut by a problem that was reported: that it then ends badly is no second one. */
  decodingFailed(): void;
}

/** Decides by the first byte whether the body is binary: no text starts with the zero that every binary message starts with. */
function createBody(options: ResponseReaderOptions, state: ResponseState, decoder: ApiDecoder): Body {
  let cut = false;
  const target: Target = {
    state,
    decoder,
    report({ code, detail }) {
      if (!cut) state.problem(code, detail);
    },
  };
  let reader: BytesReader | null = null;
  return {
    push(bytes) {
      if (bytes.length === 0) return;
      const isBinary = bytes[0] === 0 && apiFormats[options.api].awsEvents;
      reader ??= isBinary ? createBinaryBody(target) : createBodyText(options, target);
      reader.push(bytes);
      state.flush();
    },
    decodingFailed() {
      cut = true;
    },
    end() {
      reader?.end();
      state.flush();
    },
    done: () => reader?.done() ?? false,
  };
}

function createBinaryBody({ state, decoder, report }: Target): BytesReader {
  return createBedrockEvents({
    onEvent(data) {
      decoder.event(data);
      state.flush();
    },
    onProblem: report,
  });
}

/** Decodes UTF-8 and decides by the first character and the content type what the body is. */
function createBodyText(options: ResponseReaderOptions, target: Target): BytesReader {
  // The byte order mark is left in: an event stream may drop one only, and its parser does.
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  let framing: Framing | null = null;
  let head = '';

  function feed(text: string): void {
    if (framing !== null) {
      framing.push(text);
      return;
    }
    head = head.length < maxBlankLength ? head + text : text;
    // A byte order mark counts as a blank here.
    const first = head.trimStart();
    if (first === '') return;
    framing = chooseFraming(options, first, target);
    framing.push(isJsonStart(first) ? first : head);
    head = '';
  }

  return {
    push(bytes) {
      feed(utf8.decode(bytes, { stream: true }));
    },
    end() {
      feed(utf8.decode());
      framing?.end();
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
  const format = apiFormats[options.api];
  if (isJsonStart(first)) return format.json === 'lines' ? linesFraming(target) : jsonFraming(format, target);
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
    onDone: () => decoder.done(),
    onUnfinished(data) {
      // The standard drops such an event, so that its text was not shown. Some gateways close right behind the data, though, and
      // the usage that it often is was used.
      state.mute();
      decoder.event(data);
    },
    onProblem: report,
  });
}

function linesFraming({ state, decoder, report }: Target): Framing {
  return createJsonLines({
    onObject(object) {
      decoder.event(object);
      nameError(state, object);
      state.flush();
    },
    onProblem: report,
  });
}

/** An error in a shape of its own is still an error. */
function nameError(state: ResponseState, body: JsonObject): void {
  if (state.httpStatus >= 400 && state.facts().errorType === null) state.set('errorType', errorTypeOf(body));
}

function jsonFraming({ json }: ApiFormat, { state, decoder, report }: Target): Framing {
  function readBody(body: JsonObject): void {
    decoder.body(body);
    nameError(state, body);
  }

  return createJsonBody({
    onBody: readBody,
    onElement(value) {
      const object = asObject(value);
      if (object === null) state.problem('unexpected-shape', 'an element of the body is no object');
      else if (json === 'arrayOfEvents') decoder.event(object);
      else readBody(object);
      state.flush();
    },
    onArrayEnd() {
      // Only Gemini streams arrays: its closing bracket is the end of the stream, whether or not a finish reason came.
      if (json === 'arrayOfEvents') decoder.done();
    },
    onProblem: report,
  });
}
