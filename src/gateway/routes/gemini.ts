import type { Route } from '../contract.ts';
import type { UpstreamTable } from '../upstreams.ts';

const generatePath = /^\/v1(?:alpha|beta)?\/(?:models|tunedModels)\/([^/:]+):(generateContent|streamGenerateContent)$/;

/** Gemini's API with a key. The model and whether it streams stand in the path. */
export function geminiRoute(upstreams: UpstreamTable): Route {
  return {
    id: 'gemini',
    baseSuffix: '',
    upstream: () => upstreams.gemini,
    upstreamPath: (path) => path,
    match(method, path) {
      const found = method === 'POST' ? generatePath.exec(path) : null;
      if (found === null) return null;
      return {
        api: 'gemini-generate',
        pathModel: decoded(found[1] ?? ''),
        pathStream: found[2] === 'streamGenerateContent',
      };
    },
    auth({ headers, path }) {
      if (headers['x-goog-api-key'] !== undefined || /[?&]key=[^&]/.test(path)) return 'key';
      return /^bearer\s+ya29\./i.test(headers['authorization'] ?? '') ? 'subscription' : 'unknown';
    },
    errorBody: (status, message) =>
      JSON.stringify({ error: { code: status, message, status: status === 502 ? 'UNAVAILABLE' : 'INTERNAL' } }),
  };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
