import type { Route } from '../contract.ts';
import type { UpstreamTable } from '../upstreams.ts';
import { bare, compatibleRoute, keyAuth } from './compatible.ts';

const codingRoot = '/api/coding/paas/v4';
const anthropicRoot = '/api/anthropic';

/**
 * Z.ai: paid by use below /api/paas/v4, by its coding plan below /api/coding/paas/v4. Below /api/anthropic both kinds of key are
 * served, so how such a call is paid is unknown.
 */
export function zaiRoute(upstreams: UpstreamTable): Route {
  return compatibleRoute({
    id: 'zai',
    upstream: upstreams.zai,
    roots: { 'zai-coding': codingRoot, 'zai-anthropic': anthropicRoot },
    auth(head) {
      const path = bare(head.path);
      if (path.startsWith(`${codingRoot}/`)) return 'subscription';
      return path.startsWith(`${anthropicRoot}/`) ? 'unknown' : keyAuth(head);
    },
  });
}
