import type { ApiKind } from '../domain/api.ts';
import type { Dimension } from '../domain/budget.ts';

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
  /** Calls that were not booked yet filled the room of this dimension; absent where the limit was used up by what is booked. */
  readonly filled?: Dimension;
}

export type HostCallEnd = 'complete' | 'upstream-cut' | 'client-gone' | 'no-upstream';

/** What the meter tells a window: whole each time, the newest counts. */
export interface HostOrders {
  /** Some hard limit concerns calls of this window: only then is anything put in place that could stop one. */
  readonly hasHardBudget: boolean;
  /** The task that calls without a session belong to that begin now; null or absent for none. */
  readonly taskId?: string | null;
  /** What is left of the hard limits, counted in calls: the narrowest of each kind; none that no window could fill. */
  readonly rooms: readonly HostRoom[];
  /** Calls of this window, by id, that these orders know of and those before did not: booked, or never to be. */
  readonly booked?: readonly string[];
  /** Null while calls may leave. */
  readonly shut: ShutOrder | null;
}

/**
 * What is left of one hard limit by what is booked, for a window to count its other calls against: those on their way, and those that have
 * ended and are not booked yet. Each is taken for what calls mostly come to, as a hold of the gateway is.
 */
export interface HostRoom {
  readonly dimension: Dimension;
  /** Only calls that began under this task fill it; null for any. */
  readonly taskId: string | null;
  /** So many calls that are not booked fill it: no further one may leave. 0 where others' holds fill it. */
  readonly calls: number;
  /** Nothing is known of what a call comes to: only calls that have ended count. */
  readonly onlyEnded: boolean;
  /** What a further call is answered. */
  readonly full: ShutOrder;
}

/** A limit is used up, or filled. */
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

export const openOrders: HostOrders = { hasHardBudget: false, rooms: [], shut: null };
