import type { AuthKind, ProviderId } from '../../domain/api.ts';
import type { Route, RouteMatch, Upstream } from '../../gateway/contract.ts';
import { providerOfHost } from '../../gateway/providerOfHost.ts';
import { bare, matchCompatible } from '../../gateway/routes/compatible.ts';
import { isLoopbackHost, type UpstreamTable } from '../../gateway/upstreams.ts';

/** A call that was made straight to a provider, as the gateway would have understood it. */
export interface HostRoute {
  readonly routeId: string;
  readonly provider: ProviderId;
  readonly match: RouteMatch;
  readonly auth: AuthKind;
}

export interface HostRouteOptions {
  readonly routes: readonly Route[];
  readonly upstreams: UpstreamTable;
  /** A user's own base URL for a route. */
  readonly ownUpstream: (routeId: string) => Upstream | null;
}

export interface DirectRequest {
  readonly origin: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Names of upstreams that a route of another name leads to. */
const routeOfUpstream: Readonly<Record<string, string>> = { chatgpt: 'codex' };

/**
 * Finds route, provider and API of a request by its own address: by the user's own base URLs, then by the table of upstreams, then by the
 * kind of its host. Null where it is no call that can be read.
 */
export function hostRouteOf(request: DirectRequest, options: HostRouteOptions): HostRoute | null {
  if (!URL.canParse(request.origin)) return null;
  const url = new URL(request.origin);
  const { routes, upstreams, ownUpstream } = options;
  const byId = new Map(routes.map((route) => [route.id, route]));
  const listed = Object.entries(upstreams).map(
    ([name, upstream]) => [byId.get(routeOfUpstream[name] ?? name), upstream] as const,
  );
  const candidates = [...routes.map((route) => [route, ownUpstream(route.id)] as const), ...listed];
  for (const [route, upstream] of candidates) {
    if (route === undefined || upstream === null || !isSamePlace(url, upstream)) continue;
    const found = through(route, upstream, request);
    if (found !== null) return found;
  }
  return byKindOfHost(url.hostname, request, byId);
}

/** The three names of this machine are one place. */
function isSamePlace(url: URL, { origin }: Upstream): boolean {
  if (url.origin === origin) return true;
  const other = new URL(origin);
  const isLocal = isLoopbackHost(nameOf(url)) && isLoopbackHost(nameOf(other));
  return isLocal && url.port === other.port && url.protocol === other.protocol;
}

function nameOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function through(route: Route, { basePath, provider }: Upstream, request: DirectRequest): HostRoute | null {
  const path = bare(request.path);
  const below = basePath !== '' && path.startsWith(`${basePath}/`) ? [path.slice(basePath.length)] : [];
  for (const each of [...below, path]) {
    const match = route.match(request.method, route.upstreamPath(each));
    if (match !== null) return { routeId: route.id, provider, match, auth: route.auth(request) };
  }
  return null;
}

/** Hosts that have a name a customer or a region, and sellers of OpenAI's API that have no route. */
function byKindOfHost(hostname: string, request: DirectRequest, routes: ReadonlyMap<string, Route>): HostRoute | null {
  const isVertex = hostname.includes('aiplatform.');
  const provider: ProviderId = isVertex ? 'google-vertex' : providerOfHost(hostname);
  const upstream: Upstream = { provider, origin: request.origin, basePath: '' };
  const route = routes.get(routeOfProvider[provider] ?? '');
  const found = route === undefined ? null : through(route, upstream, request);
  if (found !== null) return found;
  const match = matchCompatible(request.method, endingOf(bare(request.path)));
  const openai = routes.get('openai');
  if (match === null || openai === undefined) return null;
  // A plan of GitHub pays for these whatever the token is.
  const auth = provider === 'github-copilot' ? 'subscription' : openai.auth(request);
  return { routeId: routeOfProvider[provider] ?? provider, provider, match, auth };
}

const routeOfProvider: Readonly<Record<string, string>> = {
  azure: 'azure',
  aws: 'bedrock',
  'google-vertex': 'vertex',
  google: 'gemini',
  anthropic: 'anthropic',
  openai: 'openai',
};

/** What the compatible APIs' paths end with, whatever stands before it. */
function endingOf(path: string): string {
  return /\/(?:chat\/completions|responses|messages)$/.exec(path)?.[0] ?? path;
}
