import type { RequestHead } from './contract.ts';

/** Known agents by the start of their user-agent. The first that fits wins; the header's own text is never kept. */
const userAgents: readonly (readonly [RegExp, string])[] = [
  [/^claude-cli\//i, 'claude-code'],
  [/^codex/i, 'codex'],
  [/^GeminiCLI/i, 'gemini-cli'],
  [/^opencode/i, 'opencode'],
  [/^kilo/i, 'kilo'],
  [/^QwenCode/i, 'qwen-code'],
  [/^goose/i, 'goose'],
  [/^aider/i, 'aider'],
  [/^litellm/i, 'litellm'],
  [/^(?:GitHub)?Copilot/i, 'copilot'],
  [/^cline/i, 'cline'],
  [/^roo-?code/i, 'roo-code'],
  [/^zed\//i, 'zed'],
  [/^factory-cli\//i, 'droid'],
  [/^(?:Async)?Anthropic\//i, 'anthropic-sdk'],
  [/^(?:Async)?OpenAI\//i, 'openai-sdk'],
  [/^google-genai-sdk\//i, 'google-genai-sdk'],
];

/** What agents call themselves to OpenRouter and its like, in lower case. */
const titles: ReadonlyMap<string, string> = new Map([
  ['cline', 'cline'],
  ['roo code', 'roo-code'],
  ['kilo code', 'kilo'],
  ['continue', 'continue'],
]);

const sessionHeaders = [
  'x-claude-code-session-id',
  'session-id',
  'session_id',
  'x-codex-turn-metadata',
  'x-session-id',
  'goose-session-id',
  'x-roo-task-id',
  'x-task-id',
] as const;

/**
 * The name of the agent that sent a request, out of a fixed list, or "unknown". Where the request does not tell, the workspace may: the
 * base URL in the settings of an agent whose requests do not name it says `agent-<name>`.
 */
export function agentOf(head: RequestHead, workspaceId: string): string {
  const told = agentByHeaders(head);
  const named = workspaceId.startsWith('agent-') ? workspaceId.slice('agent-'.length) : '';
  return told === 'unknown' && userAgents.some(([, name]) => name === named) ? named : told;
}

function agentByHeaders({ headers }: RequestHead): string {
  const originator = headers['originator'] ?? '';
  if (/^codex/i.test(originator)) return 'codex';
  if (/^opencode/i.test(originator)) return 'opencode';
  if (/^cli(?:-|$)/.test(headers['x-app'] ?? '')) return 'claude-code';
  const userAgent = headers['user-agent'] ?? '';
  const known = userAgents.find(([pattern]) => pattern.test(userAgent))?.[1];
  if (known !== undefined && !known.endsWith('-sdk')) return known;
  if (headers['goose-session-id'] !== undefined) return 'goose';
  if (headers['copilot-integration-id'] !== undefined) return 'copilot';
  // All that Copilot CLI says of itself to a provider of the user's own.
  if (/^(?:user|agent)$/.test(headers['x-initiator'] ?? '')) return 'copilot';
  const titled = titles.get(headers['x-title']?.toLowerCase() ?? '');
  if (titled !== undefined) return titled;
  if (headers['x-roo-task-id'] !== undefined) return 'roo-code';
  return known ?? 'unknown';
}

/** The agent's own session id, at most 128 printable characters, or null. */
export function sessionOf({ headers }: RequestHead): string | null {
  for (const name of sessionHeaders) {
    const value = headers[name];
    if (value === undefined) continue;
    const id = bounded(name === 'x-codex-turn-metadata' ? codexSession(value) : value);
    if (id !== null) return id;
  }
  return null;
}

export function subAgentOf({ headers }: RequestHead): string | null {
  return bounded(headers['x-claude-code-agent-id']);
}

/** Printable ASCII of a header's value, cut to 128 characters; null where nothing is left. */
export function bounded(value: string | undefined): string | null {
  const printable = (value ?? '').slice(0, 1024).replace(/[^\x21-\x7e]/g, '');
  return printable === '' ? null : printable.slice(0, 128);
}

function codexSession(metadata: string): string | undefined {
  if (metadata.length > 16_384) return undefined;
  try {
    // Of a null this throws, and what else is no object has none.
    const { session_id: id } = JSON.parse(metadata) as { readonly session_id?: unknown };
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}
