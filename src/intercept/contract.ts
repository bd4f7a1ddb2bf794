import type { HostCallEnd } from '../protocol/hostFeed.ts';

/** Reads a header field by its lower-case name; undefined where there is none. */
export type FieldReader = (name: string) => string | undefined;

/** A request to a known host, as a hook saw it begin. */
export interface SeenRequest {
  /** For example "https://api.openai.com" or "http://127.0.0.1:11434". */
  readonly origin: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly field: FieldReader;
  /** The names of its fields in lower case, as they stand; absent where the hook cannot tell, or they are not known yet. */
  readonly fieldNames?: () => readonly string[];
  /** Absent for HTTP/1.1. */
  readonly over?: 'http2';
  /** Its hook can tell when the answer is read, and asks then who reads it. */
  readonly tellsReader?: true;
}

/** Which calls are counted. */
export interface CallsWanted {
  /** None that bills nothing. */
  readonly onlyBilled: boolean;
  readonly onlyEnded: boolean;
  /** Only those that began under this task; null for any. */
  readonly taskId: string | null;
}

/** Kinds of calls that are not stopped, or of which nothing but their beginning is seen. */
export type CallKind = 'http2' | 'webSocket';

/** Receives what passes of one call. Copies what it keeps, returns at once; may throw, which its hook catches. */
export interface HostTap {
  requestBytes(chunk: Uint8Array): void;
  requestEnd(): void;
  responseHead(httpStatus: number, field: FieldReader): void;
  responseBytes(chunk: Uint8Array): void;
  /** Bytes passed that could not be read. */
  gap(): void;
  /** Only the first one counts. */
  end(end: HostCallEnd): void;
}

export type Seen =
  | {
      readonly kind: 'observed';
      readonly tap: HostTap;
      /**
       * Where the caller is not known yet: to be called on the stack of whoever reads the answer. True once nothing more is to be learnt.
       * Null where the caller is known.
       */
      readonly askReader: (() => boolean) | null;
    }
  /** The call must not leave; the sentence says why. */
  | { readonly kind: 'refused'; readonly sentence: string };

/** Decides about requests. The hooks know how they are seen, this knows what they are. */
export interface CallWatcher {
  /**
   * Whether a host is known, by "host", "host:port" or with "https://" before it. All that a request to any other host costs.
   */
  isKnown(host: string): boolean;
  /** Null for a request that is no call of an LLM API, or that is not to be looked at. */
  begin(seen: SeenRequest): Seen | null;
  /** A hook of ours failed; it goes on with the next call. */
  failed(error: unknown): void;
}
