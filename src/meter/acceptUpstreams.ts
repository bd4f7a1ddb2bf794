import type { Upstream } from '../gateway/contract.ts';
import { providerOfHost, UNNAMED_PROVIDER } from '../gateway/providerOfHost.ts';
import { parseUpstream } from '../gateway/upstreams.ts';

/** The upstreams of its own that a workspace names, sorted into those that are taken and the reasons why others are not. */
export function acceptUpstreams(upstreams: Readonly<Record<string, string>>): {
  readonly accepted: Readonly<Record<string, Upstream>>;
  readonly refused: Readonly<Record<string, string>>;
} {
  const accepted: Record<string, Upstream> = {};
  const refused: Record<string, string> = {};
  for (const [routeId, text] of Object.entries(upstreams)) {
    const provider = URL.canParse(text) ? providerOfHost(new URL(text).hostname) : UNNAMED_PROVIDER;
    const parsed = parseUpstream(provider, text);
    if (parsed.upstream) accepted[routeId] = parsed.upstream;
    else refused[routeId] = parsed.problem;
  }
  return { accepted, refused };
}
