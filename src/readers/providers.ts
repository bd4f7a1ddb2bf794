import type { ApiKind, ProviderId } from '../domain/api.ts';

interface Seller {
  readonly provider: ProviderId;
  readonly api: ApiKind;
}

const sellers: Readonly<Record<string, Seller>> = {
  anthropic: { provider: 'anthropic', api: 'anthropic-messages' },
  'claude-code': { provider: 'anthropic', api: 'anthropic-messages' },
  claude: { provider: 'anthropic', api: 'anthropic-messages' },
  openai: { provider: 'openai', api: 'openai-responses' },
  'openai-native': { provider: 'openai', api: 'openai-responses' },
  'openai-codex': { provider: 'chatgpt', api: 'openai-responses' },
  codex: { provider: 'chatgpt', api: 'openai-responses' },
  chatgpt: { provider: 'chatgpt', api: 'openai-responses' },
  google: { provider: 'google', api: 'gemini-generate' },
  gemini: { provider: 'google', api: 'gemini-generate' },
  'google-vertex': { provider: 'google', api: 'gemini-generate' },
  'google-gemini-cli': { provider: 'google-code-assist', api: 'gemini-generate' },
  'google-vertex-anthropic': { provider: 'google', api: 'anthropic-messages' },
  vertex: { provider: 'google', api: 'gemini-generate' },
  'amazon-bedrock': { provider: 'aws', api: 'bedrock-converse' },
  bedrock: { provider: 'aws', api: 'bedrock-converse' },
  aws_bedrock: { provider: 'aws', api: 'bedrock-converse' },
  'github-copilot': { provider: 'github-copilot', api: 'openai-chat' },
  copilot: { provider: 'github-copilot', api: 'openai-chat' },
  copilot_chat: { provider: 'github-copilot', api: 'openai-chat' },
  github_copilot: { provider: 'github-copilot', api: 'openai-chat' },
  'vscode-lm': { provider: 'github-copilot', api: 'openai-chat' },
  xai: { provider: 'x-ai', api: 'openai-chat' },
  x_ai: { provider: 'x-ai', api: 'openai-chat' },
  moonshot: { provider: 'moonshotai', api: 'openai-chat' },
  kimi: { provider: 'moonshotai', api: 'openai-chat' },
  'kimi-for-coding': { provider: 'moonshotai', api: 'openai-chat' },
  mistralai: { provider: 'mistral', api: 'openai-chat' },
  'fireworks-ai': { provider: 'fireworks', api: 'openai-chat' },
  togetherai: { provider: 'together', api: 'openai-chat' },
  'zai-coding-plan': { provider: 'zai', api: 'openai-chat' },
  'z.ai': { provider: 'zai', api: 'openai-chat' },
  azure_openai: { provider: 'azure', api: 'openai-responses' },
  'lm-studio': { provider: 'lmstudio', api: 'openai-chat' },
  'zed.dev': { provider: 'zed', api: 'openai-chat' },
};

/** Who sells the calls of what an agent calls a provider. A name that is not known is kept: the price book may know it. */
export function sellerOf(name: string | null): Seller {
  const key = (name ?? '').toLowerCase();
  const known = Object.hasOwn(sellers, key) ? sellers[key] : undefined;
  return known ?? { provider: key === '' ? 'unnamed' : key, api: 'openai-chat' };
}
