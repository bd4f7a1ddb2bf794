import { resolve } from 'node:path';
import { stringify } from 'yaml';
import { inspectRepository } from '../../trials/git/inspectRepository.ts';
import { guessCheck } from '../../trials/guessCheck.ts';
import { suiteFromHistory } from '../../trials/suiteFromHistory.ts';
import { CliError } from '../cliError.ts';
import type { TrialCall } from './trialCall.ts';
import { countOf } from './trialOptions.ts';

const DEFAULT_LIMIT = 10;

/** `outlay trial propose`: a suite of the repository's own history on stdout, for the user to pick from and edit. */
export async function proposeSuite({ values, io }: TrialCall): Promise<number> {
  const facts = await inspectRepository(resolve(values.repository ?? '.'));
  const found = await suiteFromHistory(facts, countOf('limit', values.limit, 100) ?? DEFAULT_LIMIT);
  const commits = values.commits?.split(',');
  const tasks = commits === undefined ? found : found.filter(({ checkFiles }) => commits.includes(checkFiles.commit));
  if (values.json) {
    io.stdout(`${JSON.stringify(tasks, null, 2)}\n`);
    return 0;
  }
  if (tasks.length === 0) throw new CliError('No commit of the current branch changed both code and tests.');
  const check = facts.root === null ? null : await guessCheck(facts.root);
  const suite = {
    version: 1,
    agents: ['claude-code:claude-sonnet-4-5', 'codex:gpt-5'],
    runs: 1,
    budget: 5,
    check: check ?? 'echo "name the check here"; exit 1',
    tasks: tasks.map(({ name, prompt, start, checkFiles }) => ({ name, prompt, start, checkFiles })),
  };
  const head =
    '# Tasks from commits that changed both code and tests: the message is the prompt, the new tests are the check.\n# Delete what is no good task, and write what the messages leave out.\n';
  io.stdout(`${head}${stringify(suite, { lineWidth: 0 })}`);
  return 0;
}
