import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { inspectRepository } from '../../../src/trials/git/inspectRepository.ts';
import { suiteFromHistory } from '../../../src/trials/suiteFromHistory.ts';
import { gitIn, newFolder, newRepository, writeFiles } from './repositoryFixture.ts';
import { planOf, rigIn, shellAgent, startOf } from './trialFixture.ts';

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function commit(repository: string, message: string, files: Readonly<Record<string, string>>): string {
  writeFiles(repository, files);
  gitIn(repository, 'add', '-A');
  gitIn(repository, 'commit', '-qm', message);
  return gitIn(repository, 'rev-parse', 'HEAD');
}

function setUp() {
  const folder = newFolder();
  stops.push(() => folder.dispose());
  const repository = newRepository(join(folder.path, 'r'), { 'src/a.js': 'one' });
  return { folder: folder.path, repository };
}

describe('a suite from history', () => {
  it('is made of commits that changed code and tests, with the parent as the start and the tests as the check', async () => {
    const { repository } = setUp();
    const first = gitIn(repository, 'rev-parse', 'HEAD');
    const good = commit(
      repository,
      'Make the sum right for negatives\n\nIt was wrong.\n\nCo-authored-by: A <a@example.com>',
      {
        'src/a.js': 'two',
        'test/a é.test.js': 'test',
        'docs/x.md': 'x',
      },
    );
    commit(repository, 'Change only the code this time', { 'src/a.js': 'three' });
    commit(repository, 'Change only the tests this time', { 'test/b.test.js': 'x' });
    commit(repository, 'short', { 'src/a.js': 'four', 'test/b.test.js': 'y' });
    const python = commit(repository, 'Teach it to read Python files', { 'lib/read.py': 'x', 'lib/test_read.py': 'y' });
    const tasks = await suiteFromHistory(await inspectRepository(repository), 10);
    expect(tasks).toEqual([
      {
        name: `${python.slice(0, 10)} Teach it to read Python files`,
        prompt: 'Teach it to read Python files',
        start: gitIn(repository, 'rev-parse', `${python}~1`),
        checkFiles: { commit: python, paths: ['lib/test_read.py'] },
        codeFiles: 1,
      },
      {
        name: `${good.slice(0, 10)} Make the sum right for negatives`,
        prompt: 'Make the sum right for negatives\n\nIt was wrong.',
        start: first,
        checkFiles: { commit: good, paths: ['test/a é.test.js'] },
        codeFiles: 1,
      },
    ]);
    expect(await suiteFromHistory(await inspectRepository(repository), 1)).toHaveLength(1);
  });

  it('takes a merged branch as one task, by the words of its newest commit', async () => {
    const { repository } = setUp();
    gitIn(repository, 'checkout', '-qb', 'feature');
    commit(repository, 'Begin to split the parser', { 'src/b.js': 'x' });
    commit(repository, 'Split the parser in two parts', { 'src/c.js': 'x', 'src/c.test.js': 'y' });
    gitIn(repository, 'checkout', '-q', 'main');
    gitIn(repository, 'merge', '-q', '--no-ff', '-m', "Merge branch 'feature'", 'feature');
    const [task, ...others] = await suiteFromHistory(await inspectRepository(repository), 10);
    expect(others).toEqual([]);
    expect(task).toMatchObject({
      prompt: 'Split the parser in two parts',
      codeFiles: 2,
      checkFiles: { paths: ['src/c.test.js'] },
    });
  });

  it('can be run: the tests fail at the start, and pass for who does what the commit did', async () => {
    const { folder, repository } = setUp();
    commit(repository, 'Make the sum right for negatives', {
      'src/a.js': 'two',
      'test/a.test.sh': 'grep -q two src/a.js',
    });
    const [proposed] = await suiteFromHistory(await inspectRepository(repository), 1);
    if (proposed === undefined) throw new Error('no task');
    const { codeFiles: _, ...task } = proposed;
    const tasks = [{ ...task, setup: null, checks: [{ name: 'tests', command: 'sh test/*.test.sh' }] }];
    const contenders = [shellAgent('good', 'test -e test && exit 1; echo two > src/a.js'), shellAgent('bad', 'true')];
    const { runner } = await startOf(planOf(repository, { tasks, contenders }), rigIn(folder));
    const record = await runner.run();
    expect(record.because).toBeNull();
    expect(record.runs.map((run) => [run.contender, run.outcome]).toSorted()).toEqual([
      [0, 'passed'],
      [1, 'failed'],
    ]);
  });

  it('is empty where there is nothing but a first commit', async () => {
    expect(await suiteFromHistory(await inspectRepository(setUp().repository), 10)).toEqual([]);
  });
});
