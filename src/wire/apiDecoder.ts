import type { JsonObject } from './json.ts';

/** Turns the JSON of one API into facts and text. Gets objects only; framing, encoding and bounds are the reader's. */
export interface ApiDecoder {
  /** The data of one server-sent event, or one element of a streamed JSON array. */
  event(data: JsonObject): void;
  /** The literal `[DONE]` event. */
  done(): void;
  /** A whole JSON body. */
  body(value: JsonObject): void;
}
