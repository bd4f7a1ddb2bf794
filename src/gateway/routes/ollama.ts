import type { Route } from '../contract.ts';
import type { UpstreamTable } from '../upstreams.ts';
import { matchCompatible, sharedErrorBody, withVersionedMessages } from './compatible.ts';

/** Ollama on this machine: its own API (OLLAMA_HOST), and OpenAI's and Anthropic's below /v1. */
export function ollamaRoute(upstreams: UpstreamTable): Route {
  return {
    id: 'ollama',
    baseSuffix: '',
    otherBases: { 'ollama-openai': '/v1' },
    upstream: () => upstreams.ollama,
    upstreamPath: withVersionedMessages,
    match(method, path) {
      const isNative = method === 'POST' && (path === '/api/chat' || path === '/api/generate');
      return isNative ? { api: 'ollama-native', pathModel: null, pathStream: null } : matchCompatible(method, path);
    },
    // Nothing is owed for a model on this machine, whatever a client sends as its key.
    auth: () => 'key',
    // Its own clients read the text of `error`, the SDKs an object: they take a text as the message too.
    errorBody: sharedErrorBody,
  };
}
