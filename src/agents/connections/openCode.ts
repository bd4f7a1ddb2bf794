import type { AgentId } from '../../manifest/manifest.ts';
import type { AgentConnection } from '../connection.ts';

interface Provider {
  /** Its name in OpenCode. */
  readonly id: string;
  readonly routeId: string;
  /** The meter's base URL; the route's where left out. */
  readonly baseUrlId?: string;
  /** What its SDK expects at the end of a base URL. */
  readonly suffix?: string;
  /** Variables that hold its key. */
  readonly keys: readonly string[];
  /** The variable that its SDK takes a base URL from. */
  readonly baseUrlVariable?: string;
}

const providers: readonly Provider[] = [
  { id: 'anthropic', routeId: 'anthropic', keys: ['ANTHROPIC_API_KEY'], baseUrlVariable: 'ANTHROPIC_BASE_URL' },
  { id: 'openai', routeId: 'openai', keys: ['OPENAI_API_KEY'], baseUrlVariable: 'OPENAI_BASE_URL' },
  {
    id: 'google',
    routeId: 'gemini',
    suffix: '/v1beta',
    keys: ['GOOGLE_GENERATIVE_AI_API_KEY', 'GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  },
  { id: 'openrouter', routeId: 'openrouter', keys: ['OPENROUTER_API_KEY'] },
  { id: 'deepseek', routeId: 'deepseek', keys: ['DEEPSEEK_API_KEY'] },
  { id: 'xai', routeId: 'xai', keys: ['XAI_API_KEY'] },
  { id: 'mistral', routeId: 'mistral', keys: ['MISTRAL_API_KEY'] },
  { id: 'groq', routeId: 'groq', keys: ['GROQ_API_KEY'] },
  { id: 'moonshotai', routeId: 'moonshot', keys: ['MOONSHOT_API_KEY'] },
  { id: 'zai', routeId: 'zai', keys: ['ZHIPU_API_KEY'] },
  { id: 'zai-coding-plan', routeId: 'zai', baseUrlId: 'zai-coding', keys: ['ZHIPU_API_KEY'] },
  { id: 'alibaba', routeId: 'alibaba', keys: ['DASHSCOPE_API_KEY'] },
];

interface Family {
  readonly agent: Extract<AgentId, 'opencode' | 'kilo'>;
  readonly label: string;
  readonly variable: string;
}

export const openCodeConnections = connections({
  agent: 'opencode',
  label: 'OpenCode',
  variable: 'OPENCODE_CONFIG_CONTENT',
});

/** Kilo is made from OpenCode. */
export const kiloConnections = connections({ agent: 'kilo', label: 'Kilo', variable: 'KILO_CONFIG_CONTENT' });

/**
 * OpenCode takes configuration from a variable, which outranks its files. A provider that is named there counts as set up, with or
 * without a key (measured with OpenCode 1.18.33), and may become the default: only those that the user has a key for are named.
 */
function connections({ agent, label, variable }: Family): readonly AgentConnection[] {
  return providers.map((provider) => ({
    agent,
    label: `${label} (${provider.id})`,
    routeId: provider.routeId,
    claimsRoute: false,
    isInUse: true,
    ownBaseUrl: ({ env }) => (provider.baseUrlVariable === undefined ? null : env.get(provider.baseUrlVariable)),
    obstacle({ env, files }) {
      const facts = files[agent];
      // What cannot be read might name a base URL, which ours would outrank.
      if (facts === null || parseInline(env.get(variable)) === null) return '';
      if (facts.redirected.includes(provider.id)) return '';
      const hasKey = provider.keys.some((key) => env.get(key) !== null) || facts.withKey.includes(provider.id);
      return hasKey ? null : '';
    },
    variables(baseUrls, _user, before) {
      const url = baseUrls[provider.baseUrlId ?? provider.routeId];
      const inline = parseInline(before(variable));
      if (url === undefined || inline === null) return null;
      const text = withBaseUrl(inline, provider.id, `${url}${provider.suffix ?? ''}`);
      return text === null ? null : { [variable]: text };
    },
  }));
}

type JsonObject = Readonly<Record<string, unknown>>;

function parseInline(text: string | null): JsonObject | null {
  try {
    return asObject(text === null ? {} : JSON.parse(text));
  } catch {
    return null;
  }
}

/** The configuration with one base URL added; null where the user's own says something there that must stay. */
function withBaseUrl(config: JsonObject, id: string, baseURL: string): string | null {
  const all = asObject(config['provider']);
  const provider = all && asObject(Object.hasOwn(all, id) ? all[id] : undefined);
  const options = provider && asObject(provider['options']);
  if (!options || options['baseURL'] !== undefined) return null;
  return JSON.stringify({
    ...config,
    provider: { ...all, [id]: { ...provider, options: { ...options, baseURL } } },
  });
}

/** An object, an empty one for what is missing, or null for anything else. */
function asObject(value: unknown): JsonObject | null {
  if (value === undefined) return {};
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}
