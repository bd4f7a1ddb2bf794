import type { JsonObject } from '../json.ts';

/** What Outlay says in a model's place. */
export interface Sentence {
  readonly message: string;
  /** The model that the request named; goes back to the client in its place. */
  readonly model: string;
}

/** Why a stream ends: at the line in the middle of an answer, or after a whole answer of ours. */
export type EndReason = 'stopped' | 'spoken';

/**
 * Follows the events of one stream and can end it at any border between two of them. Holds ids and indexes, never text; bounded.
 */
export interface EndingTracker {
  /** Sees the data of every event, in order. */
  event(data: JsonObject): void;
  /** Sees `[DONE]`, where the API has it. */
  done(): void;
  /** Further events, as objects, after which the stream is whole; empty where it has ended by itself. */
  ending(sentence: Sentence, reason: EndReason): readonly EndingEvent[];
}

export interface EndingEvent {
  /** The event's name, where the API names its events. */
  readonly name?: string;
  /** An object is sent as JSON, a text as it is. */
  readonly data: object | string;
}

/** Room for the estimate of what streamed: four bytes a token, as everywhere where nothing better is known. */
const bytesPerToken = 4;

/** What a client is told that it used: the provider's word, or more where more was seen. */
export function outputTokens(reported: number, streamedBytes: number): number {
  return Math.max(reported, Math.ceil(streamedBytes / bytesPerToken));
}

/** Ids of what Outlay makes up itself are recognisable. */
export function madeUpId(prefix: string): string {
  return `${prefix}_outlay`;
}
