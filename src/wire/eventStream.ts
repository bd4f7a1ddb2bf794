import { createParser } from 'eventsource-parser';
import type { WireProblem } from './contract.ts';
import { asObject, field, type JsonObject, parseJson } from './json.ts';

export interface EventStreamSink {
  onEvent(data: JsonObject): void;
  onDone(): void;
  /** The last event, where the stream ended without its blank line and the data is whole all the same. */
  onUnfinished(data: JsonObject): void;
  onProblem(problem: WireProblem): void;
}

/** Reads server-sent events whose data is JSON or `[DONE]`. */
export interface EventStream {
  push(text: string): void;
  end(): void;
  /** True once nothing more will be read. */
  done(): boolean;
}

/** The longest data of one event that is read, in UTF-16 units. */
const maxEventLength = 16 * 1024 * 1024;
/** What an unfinished line may hold beside its data: the field's name. Keeps the parser's bound just above ours, which decides. */
const fieldNameLength = 64;

export function createEventStream(sink: EventStreamSink): EventStream {
  let done = false;
  let ending = false;
  let events = 0;
  let comments = 0;

  function tooLarge(): void {
    if (done) return;
    done = true;
    sink.onProblem({ code: 'too-large', detail: 'one event of the stream is too large' });
  }

  const parser = createParser({
    maxBufferSize: maxEventLength + fieldNameLength,
    onComment() {
      comments++;
    },
    onEvent(message) {
      if (done) return;
      if (message.data.length > maxEventLength) return tooLarge();
      if (ending && !isWhole(message.data)) return;
      events++;
      readData(message.data, ending ? { ...sink, onEvent: sink.onUnfinished } : sink);
    },
    onError(error) {
      // Unknown fields are ignored as the standard has it. They are no measure of a stream's health either, since the parser
      // reports them or not depending on where chunks end.
      if (error.type === 'max-buffer-size-exceeded') tooLarge();
    },
  });

  return {
    push(text) {
      if (!done) parser.feed(text);
    },
    end() {
      ending = true;
      if (!done) parser.feed('\n\n');
      if (!done && events === 0 && comments === 0) {
        sink.onProblem({ code: 'malformed-event', detail: 'the stream held no event' });
      }
      done = true;
    },
    done: () => done,
  };
}

/** What the stream's end has cut in the middle is no event, and no problem of the stream's either. */
function isWhole(data: string): boolean {
  const text = data.trim();
  return text === '[DONE]' || asObject(parseJson(text)) !== null;
}

function readData(data: string, sink: EventStreamSink): void {
  const text = data.trim();
  if (text === '') return;
  if (text === '[DONE]') {
    sink.onDone();
    return;
  }
  const value = parseJson(text);
  const object = asObject(value) ?? onlyError(value);
  if (object !== null) sink.onEvent(object);
  else if (value === undefined) sink.onProblem({ code: 'malformed-json', detail: 'an event of the stream is no JSON' });
  else sink.onProblem({ code: 'unexpected-shape', detail: 'an event of the stream is no object' });
}

/** Google's servers wrap an error in an array of one. */
function onlyError(value: unknown): JsonObject | null {
  const inner = Array.isArray(value) && value.length === 1 ? asObject(value[0]) : null;
  return field(inner, 'error') === undefined ? null : inner;
}
