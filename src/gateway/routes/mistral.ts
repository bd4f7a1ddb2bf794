import type { Route } from '../contract.ts';
import type { UpstreamTable } from '../upstreams.ts';
import { compatibleRoute } from './compatible.ts';

/** Mistral: Chat. Its streams carry their usage unasked. */
export function mistralRoute(upstreams: UpstreamTable): Route {
  return compatibleRoute({ id: 'mistral', upstream: upstreams.mistral });
}
