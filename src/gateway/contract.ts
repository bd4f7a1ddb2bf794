import type { ApiKind, AuthKind, ProviderId } from '../domain/api.ts';
import type { CallSource } from '../domain/call.ts';
import type { QuotaWindow } from '../domain/quota.ts';
import type { RequestFacts } from '../wire/contract.ts';

/** A fixed place that a route forwards to. Never chosen by a request. */
export interface Upstream {
  readonly provider: ProviderId;
  /** For example "https://api.anthropic.com"; plain http for loopback only. */
  readonly origin: string;
  /** Put before the path that the client sent, for example "/backend-api/codex"; empty for none. */
  readonly basePath: string;
  /**
   * The origin is the provider's own, which has another one a region: the route puts a region that its own strict pattern accepts
   * in. Absent where a user named the origin, which then serves every region.
   */
  readonly regional?: true;
}

/** How a method and path of a route are read; null where the call is passed through unmetered. */
export interface RouteMatch {
  readonly api: ApiKind;
  /** Model named in the path (Gemini), else null. */
  readonly pathModel: string | null;
  /** Whether the path itself asks for a stream (Gemini); null where the body decides. */
  readonly pathStream: boolean | null;
  /** Where the path says that the model runs (Vertex), which can change the price; absent where it says nothing. */
  readonly region?: string;
}

/** One entry of the route table: a first path segment, its upstreams, and the APIs that it carries. */
export interface Route {
  readonly id: string;
  /** What the base URL ends with after the route's segment, for example "/v1" for OpenAI. */
  readonly baseSuffix: string;
  /** Further base URLs of this route for other SDKs, by name, as what follows the route's segment: "/anthropic". */
  readonly otherBases?: Readonly<Record<string, string>>;
  /** Its base URL stands on a command line while an agent runs, so that it has a token of its own, which opens this route only. */
  readonly onCommandLine?: true;
  /** Null where there is no public one and the user has named none (Azure). */
  upstream(head: RequestHead): Upstream | null;
  /**
   * The path to request below the upstream's base path, for a client path after the route's segment (normalises "/messages"
   * and "/v1/v1/messages"). Neither has a query.
   */
  upstreamPath(path: string): string;
  match(method: string, upstreamPath: string): RouteMatch | null;
  /** The only reader of credentials: this head has them, headers and query. */
  auth(head: RequestHead): AuthKind;
  /**
   * A sentence where a request cannot succeed at this upstream because it came through a gateway; then nothing is sent. Gets the
   * head with credentials. Absent where every request can.
   */
  impossible?(head: RequestHead, upstream: Upstream): string | null;
  /** A JSON body in the provider's own error shape, holding one sentence. */
  errorBody(status: number, message: string): string;
}

/** A request as the observer may see it. Credentials are never in it. */
export interface RequestHead {
  readonly method: string;
  /** Path and query after the route's segment, `key=` removed from the query. */
  readonly path: string;
  /** Lower-case names; first value of each. Credentials are left out except for `auth()` of the route. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface CallHead {
  readonly id: string;
  readonly startedAtMs: number;
  readonly workspaceId: string;
  /** The task that the base URL names, or that the gate found; null for none. */
  readonly taskId: string | null;
  /** A gate admitted this call and follows its figures while it runs. */
  readonly isWatched: boolean;
  readonly routeId: string;
  readonly provider: ProviderId;
  readonly api: ApiKind;
  readonly pathModel: string | null;
  readonly pathStream: boolean | null;
  readonly region?: string;
  readonly auth: AuthKind;
  readonly agent: string;
  readonly session: string | null;
  readonly subAgent: string | null;
  /** What a decoder needs to read the request body: content-encoding. */
  readonly requestEncoding: string | null;
  /** The answer is asked to tell how much is thought while it is, also where the text is left out. */
  readonly countsThinking?: true;
  /** Set where the call did not come through the gateway. */
  readonly source?: CallSource;
}

export interface ResponseHead {
  readonly httpStatus: number;
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
  readonly requestId: string | null;
  /** Subscription windows that the headers tell of, mostly none. */
  readonly quota: readonly QuotaWindow[];
}

/**
 * Why a request was refused at the door: `address`, its Host is not ours; `web-page`, a browser sent it; `token`, it has none or a
 * wrong one; `other-user`, another user of this machine took a base URL from a command line.
 */
export type RefusalReason = 'address' | 'web-page' | 'token' | 'other-user';

/**
 * `complete`: upstream ended cleanly; `upstream-cut`: it broke off; `client-gone`: the agent left; `no-upstream`: it could not be
 * reached; `stopped`: a gate ended it at the line, and upstream was broken off.
 */
export type CallEnd = 'complete' | 'upstream-cut' | 'client-gone' | 'no-upstream' | 'stopped';

/** Receives copies of what passed. Everything here returns at once and never throws into the byte path. */
export interface CallTap {
  requestBytes(chunk: Uint8Array): void;
  requestEnd(): void;
  responseHead(head: ResponseHead): void;
  /** `atMs` and that of `end` are wall time at the start plus a monotonic span, so that no clock change bends a duration. */
  responseBytes(chunk: Uint8Array, atMs: number): void;
  end(end: CallEnd, atMs: number): void;
  /** Bytes passed that nobody could copy; what follows is read all the same. Only what is observed elsewhere has such gaps. */
  gap?(): void;
  /** The agent that made the call is known only now. Where a call is observed elsewhere this can come late. */
  named?(agent: string): void;
}

export interface GatewayObserver {
  begin(head: CallHead): CallTap;
  /** A request to a known upstream that is not metered; the path is reduced to its shape, without ids. */
  unmetered(routeId: string, method: string, pathShape: string): void;
}

/** What the second path segment of a request stands for. */
export interface CallOwner {
  readonly workspaceId: string;
  /** Null where the segment names a workspace and no task. */
  readonly taskId: string | null;
}

/** What a gate is told of a request whose body has been read whole. */
export interface GateRequest {
  readonly facts: RequestFacts;
  /** Of the body as the provider reads it (decompressed), which bounds its input tokens. */
  readonly bodyBytes: number;
}

/** An admitted call: the hold is durable. */
export interface GatePass {
  readonly kind: 'admitted';
  /** The task that the call is charged to; goes into the call's head. */
  readonly taskId: string | null;
  /** A lower max output that the request is to be sent with; null leaves the request as it is. */
  readonly maxOutputTokens: number | null;
  /**
   * Called once the stream is to be ended at the line, with the sentence to say. Set by the exchange before it sends anything; a
   * stop that came before is delivered at once.
   */
  onStop(listener: (message: string) => void): void;
  /** The client left before anything was sent: nothing is charged. Not to be called once a byte went upstream. */
  release(): void;
  /**
   * The exchange is over; the hold is settled by the call's record, or, if none comes, as unknown. Called once for every pass, as
   * the last of its calls, after `release` too.
   */
  ended(): void;
}

export interface GateRefusal {
  readonly kind: 'refused';
  /** One sentence that the agent shows. */
  readonly message: string;
  /** Answer with an assistant message in place of an error (for agents that try again after every error). */
  readonly asMessage: boolean;
  /** The budget could not be asked (the ledger cannot be written): worth trying again later, unlike a budget that is used up. */
  readonly isTemporary: boolean;
}

export type GateAnswer = GatePass | GateRefusal;

/** Decides which calls may go upstream. Only calls that may fall under a hard limit are ever held up. */
export interface CallGate {
  /** Whether this call may fall under a hard limit. Decided at once, from memory; false forwards the call untouched. */
  concerns(head: CallHead): boolean;
  /**
   * Resolves when the call is admitted or refused; may wait a while for others' holds. Never rejects. After `signal` aborts
   * (the client has left) the answer is ignored and nothing stays held.
   */
  admit(head: CallHead, request: GateRequest, signal: AbortSignal): Promise<GateAnswer>;
}
