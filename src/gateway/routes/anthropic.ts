import type { Route } from '../contract.ts';
import type { UpstreamTable } from '../upstreams.ts';

/**
 * Anthropic's Messages API. The SDK appends "/v1/messages" to its base URL and AI-SDK agents only "/messages", so both are
 * accepted, and "/v1/v1/messages" from a base URL that already ended in "/v1".
 */
export function anthropicRoute(upstreams: UpstreamTable): Route {
  return {
    id: 'anthropic',
    baseSuffix: '',
    upstream: () => upstreams.anthropic,
    upstreamPath(path) {
      if (path.startsWith('/v1/v1/')) return path.slice(3);
      return path === '/messages' || path.startsWith('/messages/') ? `/v1${path}` : path;
    },
    match: (method, path) =>
      method === 'POST' && path === '/v1/messages'
        ? { api: 'anthropic-messages', pathModel: null, pathStream: null }
        : null,
    auth({ headers }) {
      if (headers['x-api-key'] !== undefined) return 'key';
      const token = /^bearer\s+(\S+)/i.exec(headers['authorization'] ?? '')?.[1];
      if (token === undefined) return 'unknown';
      if (token.startsWith('sk-ant-oat') || /\boauth-\d/.test(headers['anthropic-beta'] ?? '')) return 'subscription';
      // The official SDK sends API keys as bearer tokens too (1.12); a signed token of somebody's login is neither.
      return token.startsWith('eyJ') ? 'unknown' : 'key';
    },
    errorBody: (_status, message) => JSON.stringify({ type: 'error', error: { type: 'api_error', message } }),
  };
}
