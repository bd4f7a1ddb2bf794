import type { Route } from '../contract.ts';
import type { UpstreamTable } from '../upstreams.ts';
import { compatibleRoute } from './compatible.ts';

/** Mistral sends the usage of every stream unasked and refuses members that it does not know, so it is never asked for it. */
export function mistralRoute(upstreams: UpstreamTable): Route {
  return compatibleRoute({ id: 'mistral', upstream: upstreams.mistral, asksForUsage: false });
}
