import type { Route } from '../contract.ts';
import type { UpstreamTable } from '../upstreams.ts';
import { compatibleRoute } from './compatible.ts';

/** LM Studio on this machine: Chat, Responses and Messages. Its native API is not reached through this route. */
export function lmStudioRoute(upstreams: UpstreamTable): Route {
  return compatibleRoute({
    id: 'lmstudio',
    upstream: upstreams.lmstudio,
    // Nothing is owed for a model on this machine, whatever a client sends as its key.
    auth: () => 'key',
    otherBases: { 'lmstudio-anthropic': '' },
  });
}
