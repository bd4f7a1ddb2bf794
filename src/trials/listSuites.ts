import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join } from 'node:path';
import { NANO_USD_PER_USD } from '../domain/money.ts';
import type { Contender, FoundSuite } from '../protocol/trials.ts';
import { type ReadSuite, readSuite, type SuiteChoices } from './readSuite.ts';

/** Where a team keeps suites, from the root of its repository. */
export const suiteFolder = join('.outlay', 'trials');

const MOST_SUITES = 100;
const MAX_SUITE_BYTES = 4 * 1024 * 1024;

const anybody: readonly Contender[] = [{ agent: 'command', model: 'any', effort: null, args: [], command: ['any'] }];
const nothing: SuiteChoices = {
  contenders: null,
  runs: null,
  parallel: null,
  seed: null,
  totalLimitNanoUsd: null,
  runLimitNanoUsd: null,
};

/** The suites that a repository brings, by name of file. They are read only: nothing of them is run. */
export async function listSuites(root: string): Promise<readonly FoundSuite[]> {
  const names = await readdir(join(root, suiteFolder)).catch(() => []);
  const files = names.filter((name) => /\.ya?ml$/i.test(name)).toSorted();
  const found = await Promise.all(files.slice(0, MOST_SUITES).map((name) => findSuite(root, join(suiteFolder, name))));
  return found.filter((suite) => suite !== null);
}

/** Null for what is no file. */
async function findSuite(root: string, path: string): Promise<FoundSuite | null> {
  const file = join(root, path);
  const facts = await stat(file).catch(() => null);
  if (facts === null || !facts.isFile()) return null;
  const unread = { path, name: basename(path, extname(path)), tasks: 0, missing: [] };
  if (facts.size > MAX_SUITE_BYTES) return { ...unread, problem: 'The suite has more than 4 MB.' };
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return { ...unread, problem: 'The suite cannot be read.' };
  const read = (choices: Partial<SuiteChoices>): Promise<ReadSuite> =>
    readSuite({
      text,
      fallbackName: unread.name,
      repository: root,
      choices: { ...nothing, ...choices },
      readPrompt: (prompt) =>
        readFile(isAbsolute(prompt) ? prompt : join(dirname(file), prompt), 'utf8').catch(() => null),
    });
  const { missing } = await read({});
  // What a suite leaves to whoever runs it is filled in, so that only mistakes are left.
  const { plan, problems } = await read({
    ...(missing.includes('agents') ? { contenders: anybody } : {}),
    ...(missing.includes('budget') ? { totalLimitNanoUsd: NANO_USD_PER_USD } : {}),
  });
  if (plan === null) return { ...unread, problem: problems.join(' ') };
  return { ...unread, name: plan.name, tasks: plan.tasks.length, missing, problem: null };
}
