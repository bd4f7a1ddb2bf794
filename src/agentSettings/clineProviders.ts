import { join } from 'node:path';
import type { ProviderText } from './providerTexts.ts';

/** The workspace that Cline's calls are booked to: its settings know no folder, and its requests do not name it. */
export const CLINE_WORKSPACE_ID = 'agent-cline';

interface ClineProvider {
  readonly routeId: string;
  /** The name of the meter's base URL; the route's where left out. */
  readonly baseUrlId?: string;
  /** Where its calls go without us. */
  readonly usual: string;
}

/**
 * Providers of Cline CLI whose base URL can be moved, by the id that its settings give them. Each one was seen to append its API's path
 * to the base URL (Cline CLI 3.0.65). Its own account, ChatGPT and Claude Code logins, Bedrock, Vertex and LiteLLM are not among them: they
 * take none, or lead to a server of the user's own; and local servers cost nothing.
 */
export const clineProviders: Readonly<Record<string, ClineProvider>> = {
  anthropic: { routeId: 'anthropic', usual: 'https://api.anthropic.com/v1' },
  'openai-native': { routeId: 'openai', usual: 'https://api.openai.com/v1' },
  'openai-compatible': { routeId: 'openai', usual: 'https://api.openai.com/v1' },
  gemini: { routeId: 'gemini', usual: 'https://generativelanguage.googleapis.com/v1beta' },
  openrouter: { routeId: 'openrouter', usual: 'https://openrouter.ai/api/v1' },
  deepseek: { routeId: 'deepseek', usual: 'https://api.deepseek.com/v1' },
  xai: { routeId: 'xai', usual: 'https://api.x.ai/v1' },
  mistral: { routeId: 'mistral', usual: 'https://api.mistral.ai/v1' },
  groq: { routeId: 'groq', usual: 'https://api.groq.com/openai/v1' },
  moonshot: { routeId: 'moonshot', usual: 'https://api.moonshot.ai/v1' },
  zai: { routeId: 'zai', usual: 'https://api.z.ai/api/paas/v4' },
  'zai-coding-plan': { routeId: 'zai', baseUrlId: 'zai-coding', usual: 'https://api.z.ai/api/coding/paas/v4' },
  alibaba: { routeId: 'alibaba', usual: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1' },
};

/** Cline's own settings file: where its variables say, else below the home folder. */
export function clineSettingsPath(home: string, read: (name: string) => string | null): string {
  const named = read('CLINE_PROVIDER_SETTINGS_PATH');
  if (named !== null) return named;
  const data = read('CLINE_DATA_DIR') ?? join(read('CLINE_DIR') ?? join(home, '.cline'), 'data');
  return join(data, 'settings', 'providers.json');
}

/** Which providers are redirected, which base URLs of the user's are chained, and why the others are left alone. */
export interface ClinePlan {
  readonly redirected: readonly string[];
  /** By route. */
  readonly upstreams: Readonly<Record<string, string>>;
  /** One reason for each provider that is left alone. */
  readonly leftAlone: readonly { readonly provider: string; readonly reason: string }[];
}

/**
 * @param users the base URL that the user has for a provider, whatever stands there now.
 * @param setting `outlay.upstreams`, which wins for all providers of a route.
 */
export function planCline(
  providers: ReadonlyMap<string, ProviderText>,
  users: (id: string) => string | null,
  setting: Readonly<Record<string, string>>,
): ClinePlan {
  const redirected: string[] = [];
  const leftAlone: { provider: string; reason: string }[] = [];
  /** Where each route leads; null for the usual address. The first provider of a route decides. */
  const leads = new Map<string, string | null>();
  for (const [provider, { apiLine }] of providers) {
    const known = Object.hasOwn(clineProviders, provider) ? clineProviders[provider] : undefined;
    if (known === undefined) {
      leftAlone.push({ provider, reason: 'its calls cannot be led through Outlay' });
      continue;
    }
    const own = unusual(users(provider), known.usual);
    if (apiLine !== null && apiLine !== 'international') {
      leftAlone.push({ provider, reason: `it is asked at another host (its line "${apiLine}")` });
    } else if (setting[known.routeId] === undefined && leads.has(known.routeId) && leads.get(known.routeId) !== own) {
      leftAlone.push({ provider, reason: 'another provider of the same kind has another base URL' });
    } else {
      leads.set(known.routeId, own);
      redirected.push(provider);
    }
  }
  const chained = [...leads].filter((lead): lead is [string, string] => lead[1] !== null);
  return { redirected, leftAlone, upstreams: { ...Object.fromEntries(chained), ...setting } };
}

function unusual(baseUrl: string | null, usual: string): string | null {
  const origin = usual.replace(/\/v1(?:beta)?$/, '');
  let end = baseUrl?.length ?? 0;
  while (baseUrl?.[end - 1] === '/') end--;
  const base = baseUrl?.slice(0, end) ?? '';
  return base === '' || base === usual || base === origin ? null : base;
}
