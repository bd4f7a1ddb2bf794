import type { Route } from '../contract.ts';
import type { UpstreamTable } from '../upstreams.ts';
import { compatibleRoute } from './compatible.ts';

/** DeepSeek: OpenAI's paths at the root of its host, Anthropic's below /anthropic. */
export function deepseekRoute(upstreams: UpstreamTable): Route {
  return compatibleRoute({
    id: 'deepseek',
    upstream: upstreams.deepseek,
    roots: { 'deepseek-anthropic': '/anthropic' },
  });
}
