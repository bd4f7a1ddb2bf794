import type { Route } from '../contract.ts';
import type { UpstreamTable } from '../upstreams.ts';
import { compatibleRoute } from './compatible.ts';

/** xAI: Chat, Responses and Messages. What it charged stands in `usage.cost_in_usd_ticks`. */
export function xaiRoute(upstreams: UpstreamTable): Route {
  return compatibleRoute({ id: 'xai', upstream: upstreams.xai, otherBases: { 'xai-anthropic': '' } });
}
