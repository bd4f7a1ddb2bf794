import type { Route } from '../contract.ts';
import type { UpstreamTable } from '../upstreams.ts';
import { googleErrorBody } from './gemini.ts';

const generatePath = /^\/v1internal:(generateContent|streamGenerateContent)$/;

/**
 * Gemini Code Assist, which Gemini CLI uses with a Google login (CODE_ASSIST_ENDPOINT). Requests and responses are Gemini's in a
 * wrapper that names the model; what is used belongs to a plan or a free quota.
 */
export function codeAssistRoute(upstreams: UpstreamTable): Route {
  return {
    id: 'code-assist',
    baseSuffix: '',
    upstream: () => upstreams['code-assist'],
    upstreamPath: (path) => path,
    match(method, path) {
      const verb = method === 'POST' ? generatePath.exec(path)?.[1] : undefined;
      if (verb === undefined) return null;
      return { api: 'gemini-generate', pathModel: null, pathStream: verb === 'streamGenerateContent' };
    },
    auth: ({ headers }) => (/^bearer\s+\S/i.test(headers['authorization'] ?? '') ? 'subscription' : 'unknown'),
    errorBody: googleErrorBody,
  };
}
