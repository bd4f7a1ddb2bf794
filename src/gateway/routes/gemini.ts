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
        pathModel: decodedSegment(found[1] ?? ''),
        pathStream: found[2] === 'streamGenerateContent',
      };
    },
    auth({ headers, path }) {
      if (headers['x-goog-api-key'] !== undefined || /[?&]key=[^&]/.test(path)) return 'key';
      return /^bearer\s+ya29\./i.test(headers['authorization'] ?? '') ? 'subscription' : 'unknown';
    },
    errorBody: googleErrorBody,
  };
}

export function googleErrorBody(status: number, message: string): string {
  return JSON.stringify({ error: { code: status, message, status: status === 502 ? 'UNAVAILABLE' : 'INTERNAL' } });
}

/** A path segment without its escapes, or as it came where they are no UTF-8. */
export function decodedSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
