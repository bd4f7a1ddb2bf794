import type { Route } from '../contract.ts';
import type { UpstreamTable } from '../upstreams.ts';
import { compatibleRoute } from './compatible.ts';

/** Moonshot (Kimi), whose international host is the default; the Chinese one (api.moonshot.cn) is named as an upstream. */
export function moonshotRoute(upstreams: UpstreamTable): Route {
  return compatibleRoute({
    id: 'moonshot',
    upstream: upstreams.moonshot,
    roots: { 'moonshot-anthropic': '/anthropic' },
  });
}
