import type { AuthKind } from '../../domain/api.ts';
import type { RequestHead, Route, RouteMatch, Upstream } from '../contract.ts';
import { withoutVersion } from './openai.ts';

/** A provider that speaks OpenAI's APIs, and perhaps Anthropic's, at fixed paths of one host. */
export interface CompatibleProvider {
  readonly id: string;
  /** Its base path is where OpenAI's paths are below. */
  readonly upstream: Upstream | null;
  /** Further roots at the same host, by the name of their base URL: `{"deepseek-anthropic": "/anthropic"}`. */
  readonly roots?: Readonly<Record<string, string>>;
  /** Further base URLs that lead to the upstream's own base path. */
  readonly otherBases?: Readonly<Record<string, string>>;
  readonly auth?: (head: RequestHead) => AuthKind;
}

/**
 * A client may name a root as at the provider ("/anthropic/v1/messages", "/compatible-mode/v1/chat/completions") or say only
 * "/v1/...", which leads to the upstream's own base path. A root is one of the provider's fixed list, never taken from a request.
 */
export function compatibleRoute(provider: CompatibleProvider): Route {
  const { id, upstream, roots = {} } = provider;
  const rootOf = (path: string) => Object.values(roots).find((root) => isBelow(path, root)) ?? null;
  return {
    id,
    baseSuffix: '/v1',
    otherBases: { ...provider.otherBases, ...roots },
    upstream({ path }) {
      const root = rootOf(bare(path));
      return upstream === null || root === null ? upstream : { ...upstream, basePath: root };
    },
    upstreamPath(path) {
      const root = rootOf(path);
      if (root !== null) return withVersionedMessages(path.slice(root.length));
      const own = upstream?.basePath ?? '';
      const rest = own !== '' && isBelow(path, own) ? path.slice(own.length) : path;
      return withoutVersion(withoutVersion(rest));
    },
    match: matchCompatible,
    auth: provider.auth ?? keyAuth,
    errorBody: sharedErrorBody,
  };
}

/** What OpenAI's and Anthropic's paths are read as, with or without the version. */
export function matchCompatible(method: string, path: string): RouteMatch | null {
  if (method !== 'POST') return null;
  const plain = { pathModel: null, pathStream: null };
  switch (withoutVersion(path)) {
    case '/chat/completions':
      return { api: 'openai-chat', ...plain };
    case '/responses':
    case '/responses/compact':
      return { api: 'openai-responses', ...plain };
    case '/messages':
      return { api: 'anthropic-messages', ...plain };
    default:
      return null;
  }
}

export function keyAuth({ headers }: RequestHead): AuthKind {
  const hasKey = headers['x-api-key'] !== undefined || headers['api-key'] !== undefined;
  return hasKey || /^bearer\s+\S/i.test(headers['authorization'] ?? '') ? 'key' : 'unknown';
}

/** One body that the SDKs of both shapes read. */
export function sharedErrorBody(_status: number, message: string): string {
  return JSON.stringify({ type: 'error', error: { type: 'api_error', message, param: null, code: null } });
}

/** Anthropic's SDK says "/v1/messages" and AI-SDK agents "/messages": the version is there once in what is sent. */
export function withVersionedMessages(path: string): string {
  const rest = path.startsWith('/v1/v1/') ? path.slice(3) : path;
  return rest === '/messages' || rest.startsWith('/messages/') ? `/v1${rest}` : rest;
}

/** A path without its query. */
export function bare(path: string): string {
  return path.split('?', 1)[0] ?? '';
}

function isBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}
