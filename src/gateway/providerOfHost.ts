import type { ProviderId } from '../domain/api.ts';

const PROVIDERS: Readonly<Record<string, ProviderId>> = {
  'anthropic.com': 'anthropic',
  'openai.com': 'openai',
  'chatgpt.com': 'chatgpt',
  'googleapis.com': 'google',
  'cloudcode-pa.googleapis.com': 'google-code-assist',
  'amazonaws.com': 'aws',
  'api.aws': 'aws',
  'openrouter.ai': 'openrouter',
  'deepseek.com': 'deepseek',
  'x.ai': 'x-ai',
  'mistral.ai': 'mistral',
  'groq.com': 'groq',
  'cerebras.ai': 'cerebras',
  'fireworks.ai': 'fireworks',
  'together.ai': 'together',
  'together.xyz': 'together',
  'moonshot.ai': 'moonshotai',
  'moonshot.cn': 'moonshotai',
  'minimax.io': 'minimax',
  'minimaxi.com': 'minimax',
  'z.ai': 'zai',
  'bigmodel.cn': 'zhipuai',
  'openai.azure.com': 'azure',
  'services.ai.azure.com': 'azure',
  'cognitiveservices.azure.com': 'azure',
  'aliyuncs.com': 'alibaba',
  'kimi.com': 'moonshotai',
  'githubcopilot.com': 'github-copilot',
  'githubusercontent.com': 'github-copilot',
  'ghe.com': 'github-copilot',
};

/** A gateway of the user's own: its models are priced where exactly one first-party seller has them. */
export const UNNAMED_PROVIDER: ProviderId = 'unnamed';

/**
 * Who sells the calls that go to a host, since prices are the seller's: Claude Code is often pointed at somebody else's models. A
 * host counts by its own domain or a parent of it, compared label by label.
 */
export function providerOfHost(hostname: string): ProviderId {
  const labels = hostname.toLowerCase().split('.');
  for (let first = 0; first < labels.length - 1; first++) {
    const domain = labels.slice(first).join('.');
    if (Object.hasOwn(PROVIDERS, domain)) return PROVIDERS[domain] ?? UNNAMED_PROVIDER;
  }
  return UNNAMED_PROVIDER;
}
