import type { ApiKind } from '../domain/api.ts';

/**
 * What a window tells the meter of calls that it observes in its extension host: `POST /control/host` with the control token, whose body
 * is one endless stream of frames (`hostFrames.ts`) and whose answer is an endless stream of `HostOrders`, one JSON line each. The window
 * begins with `hello`. When the connection ends, the calls that had not ended are booked as broken off, unless `moved` came before:
 * then this window tells their whole story again to another meter, under the same ids.
 */
export type HostItem =
  | { readonly kind: 'hello'; readonly workspaceId: string }
  | HostBegin
  | { readonly kind: 'requestEnd'; readonly no: number }
  | {
      readonly kind: 'responseHead';
      readonly no: number;
      readonly httpStatus: number;
      readonly fields: Readonly<Record<string, string>>;
      readonly atMs: number;
    }
  /** The extension that made the call is known now, as it is shown. */
  | { readonly kind: 'named'; readonly no: number; readonly caller: string }
  /** Bytes were left out here. Bytes that follow are still worth reading: a stream's last word often has the whole usage. */
  | { readonly kind: 'gap'; readonly no: number }
  | { readonly kind: 'end'; readonly no: number; readonly end: HostCallEnd; readonly atMs: number }
  | { readonly kind: 'moved' }
  /** A call that was refused in the extension host before it left, for the meter to tell of. */
  | HostRefused;

export interface HostBegin {
  readonly kind: 'begin';
  /** Of this connection's frames about the call. */
  readonly no: number;
  /** UUID version 7; the same in every telling. */
  readonly id: string;
  readonly startedAtMs: number;
  /** For example "https://api.openai.com". */
  readonly origin: string;
  readonly method: string;
  /** With its query; the value of a key in it is masked. */
  readonly path: string;
  /** A fixed list of fields, in lower case. Of credentials only their kind is told. */
  readonly fields: Readonly<Record<string, string>>;
  /** The extension that made the call, as it is shown; null where it is not known. */
  readonly caller: string | null;
  /** Where it is not known: the extension that probably made it, as it is shown; null or absent where nothing points at one. */
  readonly probably?: string | null;
}

export interface HostRefused {
  readonly kind: 'refused';
  readonly caller: string | null;
  /** `answered`: its agent was given the sentence; `aborted`: it can only say that the connection failed. */
  readonly how: 'answered' | 'aborted';
}

export type HostCallEnd = 'complete' | 'upstream-cut' | 'client-gone' | 'no-upstream';

/** What the meter tells a window: whole each time, the newest counts. */
export interface HostOrders {
  /** Some hard limit concerns calls of this window: only then is anything put in place that could stop one. */
  readonly hasHardBudget: boolean;
  /** So many more calls surely fit into every hard limit, as far as what was booked tells what a call comes to; 0 where it does not. */
  readonly roomForCalls: number;
  /** Calls of this window, by id, that have been booked since the orders before these: these know of them. */
  readonly booked?: readonly string[];
  /** Null while calls may leave. */
  readonly shut: ShutOrder | null;
}

/** A limit is used up. */
export interface ShutOrder {
  /** What the agent is told and the user reads. */
  readonly sentence: string;
  /** The limit is of billed dollars only: calls that bill nothing may leave. */
  readonly onlyBilled: boolean;
  /** The answer to a call of each API, in the provider's own error shape. */
  readonly answers: Readonly<Record<ApiKind, ShutAnswer>>;
}

export interface ShutAnswer {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: string;
}

export const openOrders: HostOrders = { hasHardBudget: false, roomForCalls: 0, shut: null };
