/** How the calls of an agent's extension can be seen. */
export type ExtensionReach =
  /** It calls from inside the extension host. */
  | 'inHost'
  /** It calls from inside the extension host where VS Code runs remotely; on the desktop it can use a network stack of its own. */
  | 'inHostRemotely'
  /** It starts its agent as a process, which can be carried through the gateway. */
  | 'childProcess'
  /** It starts a process that reads its address from nowhere that we may write. */
  | 'ownProcess';

export interface AgentExtension {
  /** In lower case. */
  readonly id: string;
  readonly label: string;
  /** As its calls are named in the books: the same name as those of its command line, where it has one. */
  readonly agent: string;
  readonly reach: ExtensionReach;
}

/** Extensions that are known to call LLM APIs. Others are seen as well, and named by their id. */
export const agentExtensions: readonly AgentExtension[] = [
  { id: 'saoudrizwan.claude-dev', label: 'Cline', agent: 'cline', reach: 'inHost' },
  { id: 'rooveterinaryinc.roo-cline', label: 'Roo Code', agent: 'roo-code', reach: 'inHost' },
  { id: 'continue.continue', label: 'Continue', agent: 'continue', reach: 'inHost' },
  { id: 'github.copilot-chat', label: 'Copilot Chat', agent: 'copilot', reach: 'inHostRemotely' },
  { id: 'kilocode.kilo-code', label: 'Kilo', agent: 'kilo', reach: 'childProcess' },
  { id: 'anthropic.claude-code', label: 'Claude Code', agent: 'claude-code', reach: 'childProcess' },
  { id: 'sst-dev.opencode', label: 'OpenCode', agent: 'opencode', reach: 'childProcess' },
  { id: 'openai.chatgpt', label: 'Codex', agent: 'codex', reach: 'ownProcess' },
  { id: 'danielsanmedium.dscodegpt', label: 'CodeGPT', agent: 'codegpt', reach: 'inHost' },
  { id: 'ms-windows-ai-studio.windows-ai-studio', label: 'AI Toolkit', agent: 'ai-toolkit', reach: 'inHost' },
];

const byId: ReadonlyMap<string, AgentExtension> = new Map(agentExtensions.map((each) => [each.id, each]));

export function agentExtensionOf(id: string): AgentExtension | null {
  return byId.get(id.toLowerCase()) ?? null;
}

/** How calls of an extension are named. */
export function agentNameOf(id: string): string {
  return agentExtensionOf(id)?.agent ?? id.toLowerCase();
}
