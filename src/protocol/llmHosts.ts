import type { ApiKind } from '../domain/api.ts';

/**
 * The hosts whose calls are read inside the extension host: those of the gateway's route table (a test compares the two), GitHub Copilot's,
 * and further sellers of OpenAI's API. A request to any other host is never looked at.
 */
const exact: ReadonlySet<string> = new Set([
  'api.anthropic.com',
  'api.openai.com',
  'eu.api.openai.com',
  'us.api.openai.com',
  'chatgpt.com',
  'generativelanguage.googleapis.com',
  'aiplatform.googleapis.com',
  'aiplatform.eu.rep.googleapis.com',
  'aiplatform.us.rep.googleapis.com',
  'cloudcode-pa.googleapis.com',
  'openrouter.ai',
  'api.deepseek.com',
  'api.x.ai',
  'api.mistral.ai',
  'codestral.mistral.ai',
  'api.groq.com',
  'api.moonshot.ai',
  'api.moonshot.cn',
  'api.kimi.com',
  'api.z.ai',
  'open.bigmodel.cn',
  'dashscope.aliyuncs.com',
  'dashscope-intl.aliyuncs.com',
  'dashscope-us.aliyuncs.com',
  'api.cerebras.ai',
  'api.fireworks.ai',
  'api.together.xyz',
  'api.together.ai',
  'api.minimax.io',
  'api.minimaxi.com',
  'copilot-proxy.githubusercontent.com',
]);

/** Hosts that have a name a customer or a region: how they begin and how they end. */
const patterns: readonly (readonly [start: string, end: string])[] = [
  ['bedrock-runtime.', '.amazonaws.com'],
  ['bedrock-runtime.', '.amazonaws.com.cn'],
  ['', '-aiplatform.googleapis.com'],
  ['', '.openai.azure.com'],
  ['', '.services.ai.azure.com'],
  ['', '.cognitiveservices.azure.com'],
  ['', '.githubcopilot.com'],
  ['copilot-api.', '.ghe.com'],
];

/** The ports of servers of local models: Ollama and LM Studio. */
const localPorts: ReadonlySet<string> = new Set(['11434', '1234']);
const localNames: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether calls to this host may be calls of an LLM API; `authority` is "host" or "host:port", in lower case. */
export function isLlmAuthority(authority: string): boolean {
  if (exact.has(authority)) return true;
  const portAt = authority.lastIndexOf(':');
  const hasPort = portAt > authority.lastIndexOf(']') && portAt > 0;
  const host = hasPort ? authority.slice(0, portAt) : authority;
  const port = hasPort ? authority.slice(portAt + 1) : '';
  if (localNames.has(host)) return localPorts.has(port);
  if (port !== '' && port !== '443') return false;
  return exact.has(host) || patterns.some(([start, end]) => host.startsWith(start) && host.endsWith(end));
}

const callPath =
  /(?:\/(?:chat\/completions|responses(?:\/compact)?|messages|converse(?:-stream)?|invoke(?:-with-response-stream)?|api\/chat|api\/generate)|:(?:generateContent|streamGenerateContent|rawPredict|streamRawPredict))$/;

/** The longest path that is looked at. */
const maxPath = 2048;

/** Whether a request to such a host is one that an answer of a model comes for. The meter decides what it is exactly. */
export function isCallPath(method: string, path: string): boolean {
  if (method !== 'POST') return false;
  const queryAt = path.indexOf('?');
  const bare = queryAt < 0 ? path : path.slice(0, queryAt);
  return bare.length <= maxPath && callPath.test(bare);
}

/** The API that a path of a call speaks, as far as its ending tells; for the shape of an answer. */
export function apiOfPath(path: string): ApiKind {
  const [bare = ''] = path.split('?', 1);
  if (bare.endsWith('/messages') || bare.endsWith('awPredict')) return 'anthropic-messages';
  if (bare.endsWith('enerateContent')) return 'gemini-generate';
  if (/\/responses(?:\/compact)?$/.test(bare)) return 'openai-responses';
  if (/\/converse(?:-stream)?$/.test(bare)) return 'bedrock-converse';
  if (/\/invoke(?:-with-response-stream)?$/.test(bare)) return 'bedrock-invoke';
  return /\/api\/(?:chat|generate)$/.test(bare) ? 'ollama-native' : 'openai-chat';
}

/** Whether a call to this host bills nothing by itself: a local model, or a plan that pays for it. */
export function isUnbilledHost(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { hostname, host } = new URL(origin);
  if (localNames.has(hostname)) return isLlmAuthority(host);
  return hostname === 'chatgpt.com' || hostname.endsWith('.githubcopilot.com') || hostname.startsWith('copilot-');
}

/** Whether a call bills no dollars, by its host and its `authorization`: local models, plans and logins with a subscription. */
export function isUnbilledCall(origin: string, authorization: string | undefined): boolean {
  return isUnbilledHost(origin) || /^bearer\s+sk-ant-oat/i.test(authorization ?? '');
}
