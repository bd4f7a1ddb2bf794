import type { Route } from '../contract.ts';
import type { UpstreamTable } from '../upstreams.ts';
import { compatibleRoute } from './compatible.ts';

/** OpenRouter: Chat, Responses and Messages below one base path. What it charged stands in `usage.cost` and is trusted. */
export function openrouterRoute(upstreams: UpstreamTable): Route {
  return compatibleRoute({
    id: 'openrouter',
    upstream: upstreams.openrouter,
    // Anthropic's SDK appends the version itself.
    otherBases: { 'openrouter-anthropic': '' },
  });
}
