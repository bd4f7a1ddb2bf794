import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const session = '5d0c7f12-77e0-4f6b-9a1c-5d2e8b7a4c31';

/** Adds a call to the log that Claude Code keeps of a session. */
export function writeLoggedCall(homeDir: string, call: { readonly message: string; readonly atMs: number }): void {
  const folder = join(homeDir, '.claude/projects/-made-up');
  mkdirSync(folder, { recursive: true });
  const line = {
    ...{ type: 'assistant', sessionId: session, cwd: '/made/up', requestId: `req_${call.message}` },
    ...{ uuid: `uuid-${call.message}`, timestamp: new Date(call.atMs).toISOString(), isSidechain: false },
    message: {
      ...{ id: `msg_${call.message}`, type: 'message', role: 'assistant', model: 'claude-opus-4-5-20251101' },
      ...{ stop_reason: 'end_turn', content: [{ type: 'text', text: 'Made up.' }] },
      usage: { input_tokens: 1000, output_tokens: 2000, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
    },
  };
  appendFileSync(join(folder, `${session}.jsonl`), `${JSON.stringify(line)}\n`);
}

/** What stands in the home before VS Code starts: two calls of 40 days ago. */
export function writeFirstLog(homeDir: string): void {
  const atMs = Date.now() - 40 * 86_400_000;
  for (const message of ['first', 'second']) writeLoggedCall(homeDir, { message, atMs });
}
