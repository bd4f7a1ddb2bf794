import { parseArgs } from 'node:util';
import { serveBudget } from './budgetServer.ts';
import { askMeter } from './meterClient.ts';

/**
 * `dist/budgetServer.js --data-dir <folder> --workspace <id> --version <version>`: started by the editor for agents that ask what is
 * left of their budget. It reads the address of the meter anew for each question, and asks for nothing else.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { 'data-dir': { type: 'string' }, workspace: { type: 'string' }, version: { type: 'string' } },
  });
  await serveBudget({
    input: process.stdin,
    output: process.stdout,
    workspaceId: values.workspace ?? 'default',
    version: values.version ?? '0.0.0',
    readTasks: async () => {
      const answer = await askMeter(values['data-dir'] ?? '', 'listTasks', {});
      return answer.state === 'answered' ? answer.result : null;
    },
  });
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
