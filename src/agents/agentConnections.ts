import type { AgentConnection } from './connection.ts';
import { aiderConnections } from './connections/aider.ts';
import { claudeCodeConnections } from './connections/claudeCode.ts';
import { codexConnections } from './connections/codex.ts';
import { copilotCliConnections } from './connections/copilotCli.ts';
import { geminiCliConnections } from './connections/geminiCli.ts';
import { gooseConnections } from './connections/goose.ts';
import { kiloConnections, openCodeConnections } from './connections/openCode.ts';
import { qwenCodeConnections } from './connections/qwenCode.ts';

/**
 * The agents that a terminal can be connected for: a new one is a file under agents/ and a line here. Where several claim a route for
 * a base URL of their own, the first has it.
 */
export const agentConnections: readonly AgentConnection[] = [
  ...claudeCodeConnections,
  ...codexConnections,
  ...geminiCliConnections,
  ...openCodeConnections,
  ...kiloConnections,
  ...qwenCodeConnections,
  ...aiderConnections,
  ...gooseConnections,
  ...copilotCliConnections,
];
