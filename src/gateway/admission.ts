import { timingSafeEqual } from 'node:crypto';
import type { Route } from './contract.ts';
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
}

export interface Refusal {
  readonly kind: 'refused';
  readonly status: 400 | 401 | 403 | 404 | 405;
  readonly message: string;
  /** Whether the connection is closed afterwards. */
  readonly close: boolean;
}

export type Admission = AdmittedCall | { readonly kind: 'control' } | Refusal;

/**
 * Decides about a request by its head, in this order: Host, marks of a browser, form of the target, method, control path,
 * token, workspace, route. Host comes first because a web page can reach a loopback port under a name of its own, and
 * `rawHeaders` is read because Node takes the first of several Host fields without a word.
 */
export function admit(request: RawRequest, policy: AdmissionPolicy): Admission {
  const { method = '', url = '', rawHeaders } = request;
  const hosts = rawValues(rawHeaders, 'host');
  if (hosts.length !== 1) return refuse(400, 'Exactly one Host is needed.', true);
  if (hosts[0] !== `127.0.0.1:${policy.port}` && hosts[0] !== `localhost:${policy.port}`)
    return refuse(403, 'This Host is not served.', true);
  if (rawValues(rawHeaders, 'origin').length > 0 || rawValues(rawHeaders, 'sec-fetch-site').some((v) => v !== 'none'))
    return refuse(403, 'Web pages are not served.', true);
  if (!url.startsWith('/')) return refuse(400, 'Only origin-form targets are served.', true);
  if (method === 'OPTIONS') return refuse(403, 'This method is not served.', true);
  if (method === 'TRACE' || method === 'CONNECT') return refuse(405, 'This method is not served.', true);
  if (policy.control && url.startsWith('/control/')) return { kind: 'control' };
  return admitCall(url, policy);
}

function admitCall(url: string, policy: AdmissionPolicy): Admission {
  const queryAt = url.indexOf('?');
  const bare = queryAt < 0 ? url : url.slice(0, queryAt);
  const token = segmentAt(bare, 1);
  if (!sameSecret(Buffer.from(token, 'latin1'), policy.token)) return refuse(401, 'Not authorised.', false);
  const workspaceId = segmentAt(bare, token.length + 2);
  if (!/^[A-Za-z0-9-]{1,64}$/.test(workspaceId)) return refuse(404, 'There is no such workspace.', false);
  const routeAt = token.length + workspaceId.length + 3;
  const routeId = segmentAt(bare, routeAt);
  const route = policy.routes.get(routeId);
  if (route === undefined) return refuse(404, 'There is no such route.', false);
  const path = bare.slice(routeAt + routeId.length);
  return { kind: 'call', workspaceId, route, path, query: queryAt < 0 ? '' : url.slice(queryAt) };
}

/** The raw segment that starts at an index: never decoded, so that no two spellings mean the same. */
function segmentAt(path: string, start: number): string {
  const end = path.indexOf('/', start);
  return end < 0 ? path.slice(start) : path.slice(start, end);
}

/** Compares in a time that tells nothing but the length, which is no secret. */
function sameSecret(given: Buffer, secret: Buffer): boolean {
  return given.length === secret.length && timingSafeEqual(given, secret);
}

function refuse(status: Refusal['status'], message: string, close: boolean): Refusal {
  return { kind: 'refused', status, message, close };
}
