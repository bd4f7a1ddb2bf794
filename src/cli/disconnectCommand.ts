import { disconnectCline } from '../agentSettings/clineConnection.ts';
import { CliError } from './cliError.ts';
import type { CliIo } from './cliIo.ts';
import { editorDataDirs } from './findDataDir.ts';

/**
 * Takes out of agents' own settings what Outlay put there: of one data folder, or of all that there may be. The editor runs this when the
 * extension is removed. Returns what to print.
 *
 * @throws CliError with a sentence where something of ours had to stay.
 */
export async function disconnectAgents(asked: string | undefined, io: CliIo): Promise<string> {
  const named = asked ?? io.env['OUTLAY_DATA_DIR'];
  const dataDirs = named === undefined || named === '' ? editorDataDirs(io) : [named];
  const providers: string[] = [];
  const problems: string[] = [];
  for (const dataDir of new Set(dataDirs)) {
    const result = await disconnectCline(dataDir);
    if (result.kind === 'done') providers.push(...result.providers);
    else problems.push(result.text);
  }
  if (problems.length > 0) throw new CliError(problems.join('\n'));
  return providers.length === 0
    ? 'No agent has settings of Outlay.\n'
    : `Cline CLI has its own base URLs again: ${providers.join(', ')}.\n`;
}
