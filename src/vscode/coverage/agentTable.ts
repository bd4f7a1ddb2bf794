import type { AgentId } from '../../manifest/manifest.ts';

/** How an agent's calls come to the gateway, or why they do not. */
export type Reach =
  /** By the environment of new terminals: connected where one of `variables` is set there. */
  | { readonly kind: 'terminal'; readonly agent: AgentId; readonly variables: readonly string[] }
  /** By Cline CLI's own settings, when the user has asked for it. */
  | { readonly kind: 'cline' }
  /** By the extension host's environment, with `outlay.extensions.connectChildProcesses`. */
  | { readonly kind: 'childProcess'; readonly variables: readonly string[] }
  /** By observing the extension host, with `outlay.extensions.observe`. */
  | { readonly kind: 'inHost' }
  | { readonly kind: 'unreachable' };

export interface AgentEntry {
  /** The name that users know; unique. */
  readonly label: string;
  readonly reach: Reach;
  /** Markdown, a part of a sentence: how it is connected and when, or why it cannot be. */
  readonly how: string;
  /** What stands behind that; empty for what cannot be reached. */
  readonly evidence: 'run in the tests' | 'as documented, not run' | 'run in the tests (Anthropic, OpenAI)' | '';
}

/**
 * Every agent that a user may look for, those that cannot be reached included. The table of README.md is this one, row by row. How an
 * agent is connected is the business of src/agents; here is only told of it.
 */
export const agentTable: readonly AgentEntry[] = [
  {
    label: 'Claude Code',
    reach: terminal('claude-code', 'ANTHROPIC_BASE_URL'),
    how: '`ANTHROPIC_BASE_URL`, with `ENABLE_TOOL_SEARCH=true` unless you set it',
    evidence: 'run in the tests',
  },
  {
    label: 'Codex',
    reach: terminal('codex', 'OUTLAY_CODEX_BASE_URL'),
    how: 'a launcher on the terminal’s PATH adds `-c openai_base_url=...`; your `config.toml`, history and ChatGPT login stay as they are',
    evidence: 'run in the tests',
  },
  {
    label: 'Claude Code on Bedrock',
    reach: terminal('claude-code', 'ANTHROPIC_BEDROCK_BASE_URL'),
    how: '`ANTHROPIC_BEDROCK_BASE_URL` with your `AWS_REGION`, where `AWS_BEARER_TOKEN_BEDROCK` is set; signed requests cannot pass a gateway',
    evidence: 'as documented, not run',
  },
  {
    label: 'Claude Code on Vertex',
    reach: terminal('claude-code', 'ANTHROPIC_VERTEX_BASE_URL'),
    how: '`ANTHROPIC_VERTEX_BASE_URL`, where `CLAUDE_CODE_USE_VERTEX` is set',
    evidence: 'as documented, not run',
  },
  {
    label: 'Claude Code on Foundry',
    reach: terminal('claude-code', 'ANTHROPIC_FOUNDRY_BASE_URL'),
    how: '`ANTHROPIC_FOUNDRY_BASE_URL`, where you have set it or named your resource in `outlay.upstreams` (`azure`)',
    evidence: 'as documented, not run',
  },
  {
    label: 'Gemini CLI',
    reach: terminal('gemini-cli', 'GOOGLE_GEMINI_BASE_URL'),
    how: '`GOOGLE_GEMINI_BASE_URL`, where its settings name an API key as login',
    evidence: 'run in the tests',
  },
  {
    label: 'Gemini CLI with a Google login or Vertex',
    reach: terminal('gemini-cli', 'CODE_ASSIST_ENDPOINT', 'GOOGLE_VERTEX_BASE_URL'),
    how: '`CODE_ASSIST_ENDPOINT` or `GOOGLE_VERTEX_BASE_URL`, as its settings say',
    evidence: 'as documented, not run',
  },
  {
    label: 'OpenCode',
    reach: terminal('opencode', 'OPENCODE_CONFIG_CONTENT'),
    how: '`OPENCODE_CONFIG_CONTENT` with a base URL for each provider that you have a key for, unless you gave it one',
    evidence: 'run in the tests (Anthropic, OpenAI)',
  },
  {
    label: 'Kilo',
    reach: terminal('kilo', 'KILO_CONFIG_CONTENT'),
    how: '`KILO_CONFIG_CONTENT` with a base URL for each provider that you have a key for, unless you gave it one',
    evidence: 'as documented, not run',
  },
  {
    label: 'Cline CLI',
    reach: { kind: 'cline' },
    how: '*Outlay: Connect Cline CLI* puts base URLs into its `providers.json` and takes them out again; its own account, ChatGPT and Claude logins, Bedrock and Vertex stay unmetered',
    evidence: 'run in the tests',
  },
  {
    label: 'Qwen Code',
    reach: terminal('qwen-code', 'OPENAI_BASE_URL'),
    how: '`OPENAI_BASE_URL`, only where you have set it, for every program reads it',
    evidence: 'run in the tests',
  },
  {
    label: 'aider',
    reach: terminal('aider', 'ANTHROPIC_API_BASE', 'OPENROUTER_API_BASE', 'OPENAI_API_BASE'),
    how: '`ANTHROPIC_API_BASE`, `OPENROUTER_API_BASE`; `OPENAI_API_BASE` only where you have set it',
    evidence: 'as documented, not run',
  },
  {
    label: 'Goose',
    reach: terminal('goose', 'ANTHROPIC_HOST', 'OPENAI_HOST'),
    how: '`ANTHROPIC_HOST`; `OPENAI_HOST` with `OPENAI_BASE_PATH`',
    evidence: 'as documented, not run',
  },
  {
    label: 'Copilot CLI with a provider of your own',
    reach: terminal('copilot-cli', 'COPILOT_PROVIDER_BASE_URL'),
    how: '`COPILOT_PROVIDER_BASE_URL`, only where you have set it',
    evidence: 'run in the tests (Anthropic, OpenAI)',
  },
  {
    label: 'Claude Code’s extension',
    reach: { kind: 'childProcess', variables: ['ANTHROPIC_BASE_URL'] },
    how: 'its process inherits `ANTHROPIC_BASE_URL`, with `outlay.extensions.connectChildProcesses`',
    evidence: 'as documented, not run',
  },
  {
    label: 'Kilo’s extension',
    reach: { kind: 'childProcess', variables: ['KILO_CONFIG_CONTENT'] },
    how: 'its process inherits `KILO_CONFIG_CONTENT`, with `outlay.extensions.connectChildProcesses`',
    evidence: 'as documented, not run',
  },
  {
    label: 'Codex’s extension',
    reach: { kind: 'unreachable' },
    how: 'it starts a Codex of its own, which reads its base URL from `config.toml` and from no variable; Outlay does not write that file',
    evidence: '',
  },
  {
    label: 'Cline, Roo Code, Continue and others that call from inside VS Code',
    reach: { kind: 'inHost' },
    how: 'they run in the extension host, where `outlay.extensions.observe` reads their calls as they pass; nothing of them is changed',
    evidence: 'run in the tests',
  },
  {
    label: 'Copilot through GitHub',
    reach: { kind: 'unreachable' },
    how: 'its calls go to GitHub’s own server, for which it documents no base URL',
    evidence: '',
  },
  {
    label: 'Cursor',
    reach: { kind: 'unreachable' },
    how: 'its calls go to Cursor’s own server in a protocol of its own, which does not tell tokens',
    evidence: '',
  },
  {
    label: 'Amp',
    reach: { kind: 'unreachable' },
    how: 'its calls go through Amp’s own server, which everything else of it needs too',
    evidence: '',
  },
];

function terminal(agent: AgentId, ...variables: readonly string[]): Reach {
  return { kind: 'terminal', agent, variables };
}
