import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { budgetReport, budgetReportText, budgetToolDescription } from '../protocol/budgetReport.ts';
import type { TasksSnapshot } from '../protocol/tasks.ts';

export interface BudgetServerParts {
  readonly input: Readable;
  readonly output: Writable;
  readonly workspaceId: string;
  readonly version: string;
  /** The tasks as the meter has them; null where no meter runs. Never rejects. */
  readonly readTasks: () => Promise<TasksSnapshot | null>;
}

interface Request {
  readonly id: string | number;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** The newest revision of the protocol that this was written to; an older client is answered in its own. */
const PROTOCOL = '2025-06-18';
const MAX_LINE = 1024 * 1024;
const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;

const tool = {
  name: 'outlay_budget',
  title: 'Outlay budget',
  description: budgetToolDescription,
  inputSchema: { type: 'object', properties: {}, additionalProperties: false },
  annotations: { readOnlyHint: true, openWorldHint: false },
};

/**
 * A server of the Model Context Protocol over standard input and output, one JSON-RPC message a line, with one tool that only reads.
 * Resolves when the input ends.
 */
export async function serveBudget(parts: BudgetServerParts): Promise<void> {
  for await (const line of createInterface({ input: parts.input })) {
    const request = line.length > MAX_LINE ? null : readRequest(line);
    if (request === null) continue;
    const answer = await answerTo(request, parts);
    parts.output.write(`${JSON.stringify({ jsonrpc: '2.0', id: request.id, ...answer })}\n`);
  }
}

/** Notifications, which have no id, need no answer, and neither does what is no message. */
function readRequest(line: string): Request | null {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof message !== 'object' || message === null || !('id' in message) || !('method' in message)) return null;
  const { id, method } = message;
  if ((typeof id !== 'string' && typeof id !== 'number') || typeof method !== 'string') return null;
  const params =
    'params' in message && typeof message.params === 'object' && message.params !== null ? message.params : {};
  return { id, method, params: { ...params } };
}

async function answerTo({ method, params }: Request, parts: BudgetServerParts): Promise<object> {
  switch (method) {
    case 'initialize': {
      const asked = params['protocolVersion'];
      return {
        result: {
          protocolVersion: typeof asked === 'string' && asked < PROTOCOL ? asked : PROTOCOL,
          capabilities: { tools: {} },
          serverInfo: { name: 'outlay-budget', title: 'Outlay budget', version: parts.version },
        },
      };
    }
    case 'ping':
      return { result: {} };
    case 'tools/list':
      return { result: { tools: [tool] } };
    case 'tools/call':
      if (params['name'] !== tool.name)
        return { error: { code: INVALID_PARAMS, message: 'There is no tool of this name.' } };
      return { result: await callTool(parts) };
    default:
      return { error: { code: METHOD_NOT_FOUND, message: 'There is no method of this name.' } };
  }
}

async function callTool({ readTasks, workspaceId }: BudgetServerParts): Promise<object> {
  const tasks = await readTasks();
  if (tasks === null) {
    return {
      content: [{ type: 'text', text: 'Outlay’s meter does not run: nothing is known of a budget.' }],
      isError: true,
    };
  }
  return {
    content: [{ type: 'text', text: budgetReportText(tasks, workspaceId) }],
    structuredContent: budgetReport(tasks, workspaceId),
  };
}
