import type { Route, RouteMatch } from '../contract.ts';
import type { UpstreamTable } from '../upstreams.ts';

/** OpenAI's Chat Completions and Responses APIs, and whatever speaks like them. Base URLs end in "/v1" by convention. */
export function openaiRoute(upstreams: UpstreamTable): Route {
  return {
    id: 'openai',
    baseSuffix: '/v1',
    upstream: () => upstreams.openai,
    upstreamPath: withoutVersion,
    match: matchOpenai,
    auth: ({ headers }) =>
      /^bearer\s+\S/i.test(headers['authorization'] ?? '') || headers['api-key'] !== undefined ? 'key' : 'unknown',
    errorBody: openaiErrorBody,
  };
}

/** The upstream's base path has the version, because a user's own base URL may end otherwise. */
export function withoutVersion(path: string): string {
  return path === '/v1' || path.startsWith('/v1/') ? path.slice(3) : path;
}

function matchOpenai(method: string, path: string): RouteMatch | null {
  if (method !== 'POST') return null;
  if (path === '/chat/completions') return { api: 'openai-chat', pathModel: null, pathStream: null };
  return isResponsesCall(path) ? { api: 'openai-responses', pathModel: null, pathStream: null } : null;
}

/** An answer, or the summary that a long conversation is compacted to: both report usage and are billed. */
export function isResponsesCall(path: string): boolean {
  return path === '/responses' || path === '/responses/compact';
}

export function openaiErrorBody(_status: number, message: string): string {
  return JSON.stringify({ error: { message, type: 'server_error', param: null, code: null } });
}
