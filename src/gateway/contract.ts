import type { ApiKind, AuthKind, ProviderId } from '../domain/api.ts';
import type { QuotaWindow } from '../domain/quota.ts';

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

/** `complete`: upstream ended cleanly; `upstream-cut`: it broke off; `client-gone`: the agent left; `no-upstream`: it could not be reached. */
export type CallEnd = 'complete' | 'upstream-cut' | 'client-gone' | 'no-upstream';

/** Receives copies of what passed. Everything here returns at once and never throws into the byte path. */
export interface CallTap {
  requestBytes(chunk: Uint8Array): void;
  requestEnd(): void;
  responseHead(head: ResponseHead): void;
  /** `atMs` and that of `end` are wall time at the start plus a monotonic span, so that no clock change bends a duration. */
  responseBytes(chunk: Uint8Array, atMs: number): void;
  end(end: CallEnd, atMs: number): void;
}

export interface GatewayObserver {
  begin(head: CallHead): CallTap;
  /** A request to a known upstream that is not metered; the path is reduced to its shape, without ids. */
  unmetered(routeId: string, method: string, pathShape: string): void;
}
