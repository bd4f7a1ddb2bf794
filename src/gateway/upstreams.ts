import { BlockList, isIP } from 'node:net';
import type { ProviderId } from '../domain/api.ts';
import type { Upstream } from './contract.ts';

/** A line of the table below. `origin` is null where every customer has another one and the user has to name it. */
interface PublicUpstream extends Omit<Upstream, 'origin'> {
  readonly origin: string | null;
}

/** Every upstream by the name that `--upstream name=origin` knows it by. */
const known = {
  anthropic: { provider: 'anthropic', origin: 'https://api.anthropic.com', basePath: '' },
  openai: { provider: 'openai', origin: 'https://api.openai.com', basePath: '/v1' },
  gemini: { provider: 'google', origin: 'https://generativelanguage.googleapis.com', basePath: '' },
  chatgpt: { provider: 'chatgpt', origin: 'https://chatgpt.com', basePath: '/backend-api/codex' },
  bedrock: { provider: 'aws', origin: 'https://bedrock-runtime.us-east-1.amazonaws.com', basePath: '', regional: true },
  vertex: { provider: 'google-vertex', origin: 'https://aiplatform.googleapis.com', basePath: '', regional: true },
  'code-assist': { provider: 'google-code-assist', origin: 'https://cloudcode-pa.googleapis.com', basePath: '' },
  azure: { provider: 'azure', origin: null, basePath: '' },
  openrouter: { provider: 'openrouter', origin: 'https://openrouter.ai', basePath: '/api/v1' },
  deepseek: { provider: 'deepseek', origin: 'https://api.deepseek.com', basePath: '' },
  xai: { provider: 'x-ai', origin: 'https://api.x.ai', basePath: '/v1' },
  mistral: { provider: 'mistral', origin: 'https://api.mistral.ai', basePath: '/v1' },
  groq: { provider: 'groq', origin: 'https://api.groq.com', basePath: '/openai/v1' },
  moonshot: { provider: 'moonshotai', origin: 'https://api.moonshot.ai', basePath: '/v1' },
  zai: { provider: 'zai', origin: 'https://api.z.ai', basePath: '/api/paas/v4' },
  alibaba: { provider: 'alibaba', origin: 'https://dashscope-intl.aliyuncs.com', basePath: '/compatible-mode/v1' },
  ollama: { provider: 'ollama', origin: 'http://127.0.0.1:11434', basePath: '' },
  lmstudio: { provider: 'lmstudio', origin: 'http://127.0.0.1:1234', basePath: '/v1' },
} as const satisfies Record<string, PublicUpstream>;

export type UpstreamName = keyof typeof known;

/** Where each provider's calls go; null where nobody has said. */
export type UpstreamTable = Readonly<Record<UpstreamName, Upstream | null>>;

export const publicUpstreams: UpstreamTable = { ...known, azure: null };

export type UpstreamResult =
  | { readonly upstream: Upstream; readonly problem: null }
  | { readonly upstream: null; readonly problem: string };

/** The public upstreams with some origins replaced, and a sentence for each replacement that was refused. */
export function upstreamTable(origins: Readonly<Record<string, string>>): {
  readonly upstreams: UpstreamTable;
  readonly problems: readonly string[];
} {
  const upstreams: Record<UpstreamName, Upstream | null> = { ...publicUpstreams };
  const problems: string[] = [];
  for (const [name, origin] of Object.entries(origins)) {
    if (!isUpstreamName(name)) {
      problems.push(`There is no upstream named "${name}": use ${Object.keys(known).join(', ')}.`);
      continue;
    }
    const { provider, basePath } = known[name];
    const parsed = parseUpstream(provider, origin);
    if (parsed.upstream === null) problems.push(`Upstream ${name}: ${parsed.problem}`);
    else if (parsed.upstream.basePath !== '') problems.push(`Upstream ${name}: it must be an origin, without a path.`);
    else upstreams[name] = { ...parsed.upstream, basePath };
  }
  return { upstreams, problems };
}

/**
 * Reads a base URL as an upstream: https, or plain http for loopback; no user, query or fragment; never a link-local or
 * metadata address. Its path becomes the base path, so a user's own base URL can be chained. The sentence of a refusal never
 * quotes the URL, which may hold a secret.
 */
export function parseUpstream(provider: ProviderId, text: string): UpstreamResult {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) return refused('it is not a URL.');
  if (url.username !== '' || url.password !== '') return refused('it must not hold a user name or a password.');
  if (/[?#]/.test(text)) return refused('it must not have a query or a fragment.');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isForbiddenHost(host)) return refused('link-local and metadata addresses are not accepted.');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackHost(host)))
    return refused('it must be https; plain http is accepted for loopback only.');
  return {
    upstream: { provider, origin: url.origin, basePath: withoutEndSlashes(url.pathname) },
    problem: null,
  };
}

function withoutEndSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

/** Joins a base path and a path; a version that both name is kept once. */
export function joinPath(basePath: string, path: string): string {
  return basePath.endsWith('/v1') && (path === '/v1' || path.startsWith('/v1/'))
    ? basePath + path.slice(3)
    : basePath + path;
}

export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

const forbidden = new BlockList();
forbidden.addSubnet('169.254.0.0', 16, 'ipv4');
forbidden.addSubnet('0.0.0.0', 8, 'ipv4');
forbidden.addAddress('100.100.100.200', 'ipv4');
forbidden.addSubnet('fe80::', 10, 'ipv6');
forbidden.addAddress('fd00:ec2::254', 'ipv6');
forbidden.addAddress('::', 'ipv6');

const metadataNames = new Set(['metadata', 'metadata.google.internal', 'instance-data']);

function isForbiddenHost(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return metadataNames.has(host.replace(/\.$/, ''));
  return forbidden.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

function isUpstreamName(name: string): name is UpstreamName {
  return Object.hasOwn(known, name);
}

function refused(problem: string): UpstreamResult {
  return { upstream: null, problem };
}
