import { timingSafeEqual } from 'node:crypto';
import type { RefusalReason, Route } from './contract.ts';
import { rawValues } from './headers.ts';

/** What is looked at to admit a request: nothing of its body, and header fields only as they came. */
export interface RawRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly rawHeaders: readonly string[];
}

export interface AdmissionPolicy {
  readonly port: number;
  readonly token: Buffer;
  /** Opens the routes whose base URL stands on a command line, and no other. */
  readonly commandLineToken: Buffer;
  readonly routes: ReadonlyMap<string, Route>;
  /** Whether paths under /control/ belong to somebody. */
  readonly control: boolean;
}

export interface AdmittedCall {
  readonly kind: 'call';
  readonly workspaceId: string;
  readonly route: Route;
  /** After the route's segment, as sent, without the query. */
  readonly path: string;
  /** With its question mark, as sent; empty for none. */
  readonly query: string;
  /** Other users may know the token that it came with: whose program is at the other end is to be asked first. */
  readonly fromCommandLine: boolean;
}

export interface Refusal {
  readonly kind: 'refused';
  readonly status: 400 | 401 | 403 | 404 | 405;
  readonly message: string;
  /** Null where the request has a token or is merely malformed. */
  readonly reason: RefusalReason | null;
  /** Whether the connection is closed afterwards. */
  readonly close: boolean;
}

export type Admission = AdmittedCall | { readonly kind: 'control' } | Refusal;

/**
 * Decides about a request by its head, in this order: Host, marks of a browser, form of the target, method, framing, control path,
 * token, workspace, route. Host comes first because a web page can reach a loopback port under a name of its own, and
 * `rawHeaders` is read because Node takes the first of several Host fields without a word.
 */
export function admit(request: RawRequest, policy: AdmissionPolicy): Admission {
  const { method, url, rawHeaders } = request;
  const hosts = rawValues(rawHeaders, 'host');
  if (hosts.length !== 1) return refuse(400, 'Exactly one Host is needed.', 'address');
  if (hosts[0] !== `127.0.0.1:${policy.port}` && hosts[0] !== `localhost:${policy.port}`)
    return refuse(403, 'This Host is not served.', 'address');
  if (rawValues(rawHeaders, 'origin').length > 0 || rawValues(rawHeaders, 'sec-fetch-site').some((v) => v !== 'none'))
    return refuse(403, 'Web pages are not served.', 'web-page');
  if (!url?.startsWith('/')) return refuse(400, 'Only origin-form targets are served.');
  if (method === 'OPTIONS') return refuse(403, 'This method is not served.');
  if (method === 'TRACE' || method === 'CONNECT') return refuse(405, 'This method is not served.');
  // Node undoes chunks alone: what else a body is coded with would be there still, and no longer be named.
  if (rawValues(rawHeaders, 'transfer-encoding').some((v) => v.toLowerCase() !== 'chunked'))
    return refuse(400, 'Only chunked is served as a transfer encoding.');
  if (policy.control && url.startsWith('/control/')) return { kind: 'control' };
  return admitCall(url, policy);
}

function admitCall(url: string, policy: AdmissionPolicy): Admission {
  const bare = upTo('?', url, 0);
  const token = upTo('/', bare, 1);
  const given = Buffer.from(token);
  const isOwn = sameSecret(given, policy.token);
  const isFromCommandLine = sameSecret(given, policy.commandLineToken);
  if (!isOwn && !isFromCommandLine) return notAuthorised;
  const workspaceId = upTo('/', bare, token.length + 2);
  if (!/^[A-Za-z0-9-]{1,64}$/.test(workspaceId)) return { ...notFound, message: 'There is no such workspace.' };
  const routeAt = token.length + workspaceId.length + 3;
  const routeId = upTo('/', bare, routeAt);
  const route = policy.routes.get(routeId);
  if (route === undefined) return { ...notFound, message: 'There is no such route.' };
  if (!isOwn && route.onCommandLine !== true) return notAuthorised;
  const path = bare.slice(routeAt + routeId.length);
  return {
    kind: 'call',
    workspaceId,
    route,
    path,
    query: url.slice(bare.length),
    fromCommandLine: !isOwn,
  };
}

const notAuthorised: Refusal = {
  kind: 'refused',
  status: 401,
  message: 'Not authorised.',
  reason: 'token',
  close: false,
};
const notFound = { kind: 'refused', status: 404, reason: null, close: false } as const;

/** What stands from an index up to a mark, or to the end. Never decoded, so that no two spellings mean the same. */
function upTo(mark: '/' | '?', text: string, start: number): string {
  const end = text.indexOf(mark, start);
  return end < 0 ? text.slice(start) : text.slice(start, end);
}

/** Compares in a time that tells nothing but the length, which is no secret. */
function sameSecret(given: Buffer, secret: Buffer): boolean {
  return given.length === secret.length && timingSafeEqual(given, secret);
}

/** Whoever is refused before the token is looked at loses the connection. */
function refuse(status: Refusal['status'], message: string, reason: RefusalReason | null = null): Refusal {
  return { kind: 'refused', status, message, reason, close: true };
}
