import type { Route, RouteMatch } from '../contract.ts';
import type { UpstreamTable } from '../upstreams.ts';
import { keyAuth, matchCompatible, sharedErrorBody, withVersionedMessages } from './compatible.ts';
import { decodedSegment } from './gemini.ts';

const deploymentPath = /^(?:\/openai)?\/deployments\/([^/]+)\/chat\/completions$/;
/** Roots of the v1 API, of Anthropic's models and of the model inference API of one resource. */
const root = /^\/(?:openai|anthropic|models)(?=\/)/;

/**
 * Azure OpenAI and Foundry. Every customer has a host of their own, which anybody can register: a request must not name it, so
 * there is none until the user has named it, as an upstream of the workspace or with `--upstream azure=origin`. Paths are those of
 * the resource: deployments, the v1 API below /openai/v1, Anthropic's models below /anthropic.
 */
export function azureRoute(upstreams: UpstreamTable): Route {
  return {
    id: 'azure',
    baseSuffix: '',
    otherBases: { 'azure-openai': '/openai/v1', 'azure-anthropic': '/anthropic' },
    upstream: () => upstreams.azure,
    upstreamPath: (path) =>
      path.startsWith('/anthropic/') ? `/anthropic${withVersionedMessages(path.slice('/anthropic'.length))}` : path,
    match: matchAzure,
    auth: keyAuth,
    errorBody: sharedErrorBody,
  };
}

function matchAzure(method: string, path: string): RouteMatch | null {
  const deployment = method === 'POST' ? deploymentPath.exec(path)?.[1] : undefined;
  if (deployment !== undefined) return { api: 'openai-chat', pathModel: decodedSegment(deployment), pathStream: null };
  return matchCompatible(method, path.replace(root, ''));
}
