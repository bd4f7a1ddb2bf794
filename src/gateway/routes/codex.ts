import type { Route } from '../contract.ts';
import type { UpstreamTable } from '../upstreams.ts';
import { isResponsesCall, openaiErrorBody, withoutVersion } from './openai.ts';

/**
 * Codex, which appends "/responses" to its base URL. With a ChatGPT login it names the account in a header and its calls
 * belong to chatgpt.com; with an API key they belong to OpenAI's API.
 */
export function codexRoute(upstreams: UpstreamTable): Route {
  return {
    id: 'codex',
    baseSuffix: '/v1',
    onCommandLine: true,
    upstream: ({ headers }) => (headers['chatgpt-account-id'] === undefined ? upstreams.openai : upstreams.chatgpt),
    upstreamPath: withoutVersion,
    match: (method, path) =>
      method === 'POST' && isResponsesCall(path)
        ? { api: 'openai-responses', pathModel: null, pathStream: null }
        : null,
    auth({ headers }) {
      if (headers['chatgpt-account-id'] !== undefined) return 'subscription';
      return /^bearer\s+\S/i.test(headers['authorization'] ?? '') ? 'key' : 'unknown';
    },
    errorBody: openaiErrorBody,
  };
}
