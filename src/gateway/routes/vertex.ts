import type { ApiKind } from '../../domain/api.ts';
import type { Route, RouteMatch, Upstream } from '../contract.ts';
import type { UpstreamTable } from '../upstreams.ts';
import { bare } from './compatible.ts';
import { decodedSegment, googleErrorBody } from './gemini.ts';

const project = /^\/v1(?:beta1|alpha1)?\/projects\/[^/]+\/locations\/([^/]+)\//;
const publisherPath =
  /^\/v1(?:beta1|alpha1)?\/(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/([^/]+)\/models\/([^/:]+):(\w+)$/;
const openaiPath = /^\/v1(?:beta1|alpha1)?\/projects\/[^/]+\/locations\/[^/]+\/endpoints\/openapi\/chat\/completions$/;
/** Google Cloud's own pattern for regions: "us-east5", "europe-west4", "northamerica-northeast1". */
const region =
  /^(?:africa|asia|australia|europe|me|northamerica|southamerica|us)-(?:central|north|south|east|west|northeast|northwest|southeast|southwest)\d{1,2}$/;

/**
 * Vertex AI. The path names the location and the location the host, one of Google's own by a strict pattern; where it is no
 * location that is known, the global host answers. Anthropic's SDK takes a base URL with "/v1" and Google's one without, and then
 * says "/v1beta1": either works with either.
 */
export function vertexRoute(upstreams: UpstreamTable): Route {
  return {
    id: 'vertex',
    baseSuffix: '/v1',
    otherBases: { 'vertex-gemini': '' },
    upstream({ path }) {
      const { vertex } = upstreams;
      return vertex?.regional ? atLocation(vertex, locationOf(versioned(bare(path)))) : vertex;
    },
    upstreamPath: versioned,
    match(method, path) {
      const match = method === 'POST' ? matchVertex(path) : null;
      const location = locationOf(path);
      return match === null || location === null ? match : { ...match, region: location };
    },
    auth: ({ headers, path }) => {
      const hasKey = headers['x-goog-api-key'] !== undefined || /[?&]key=[^&]/.test(path);
      return hasKey || /^bearer\s+\S/i.test(headers['authorization'] ?? '') ? 'key' : 'unknown';
    },
    errorBody: googleErrorBody,
  };
}

function versioned(path: string): string {
  const rest = /^\/v1\/v1(?:\w*)\//.test(path) ? path.slice(3) : path;
  return rest.startsWith('/projects/') || rest.startsWith('/publishers/') ? `/v1${rest}` : rest;
}

function locationOf(path: string): string | null {
  return project.exec(path)?.[1] ?? null;
}

function atLocation(upstream: Upstream, location: string | null): Upstream {
  if (location === 'us' || location === 'eu')
    return { ...upstream, origin: `https://aiplatform.${location}.rep.googleapis.com` };
  if (location === null || !region.test(location)) return upstream;
  return { ...upstream, origin: `https://${location}-aiplatform.googleapis.com` };
}

/** Methods that generate, by whether they stream. Each maker's raw predictions are in its own format. */
const verbs: Readonly<Record<string, { readonly raw: boolean; readonly stream: boolean }>> = {
  generateContent: { raw: false, stream: false },
  streamGenerateContent: { raw: false, stream: true },
  rawPredict: { raw: true, stream: false },
  streamRawPredict: { raw: true, stream: true },
};
const rawApis: Readonly<Record<string, ApiKind>> = { anthropic: 'anthropic-messages', mistralai: 'openai-chat' };

function matchVertex(path: string): RouteMatch | null {
  if (openaiPath.test(path)) return { api: 'openai-chat', pathModel: null, pathStream: null };
  const [, publisher = '', model = '', method = ''] = publisherPath.exec(path) ?? [];
  const verb = Object.hasOwn(verbs, method) ? verbs[method] : undefined;
  // Counting tokens is a raw prediction of a model of that name, and free.
  if (verb === undefined || model === 'count-tokens') return null;
  const rawApi = Object.hasOwn(rawApis, publisher) ? rawApis[publisher] : undefined;
  const api = verb.raw ? rawApi : 'gemini-generate';
  return api === undefined ? null : { api, pathModel: decodedSegment(model), pathStream: verb.stream };
}
