import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseContender, type ReadSuite, readSuite, type SuiteChoices } from '../../../src/trials/readSuite.ts';

const noChoices: SuiteChoices = {
  contenders: null,
  runs: null,
  parallel: null,
  seed: null,
  totalLimitNanoUsd: null,
  runLimitNanoUsd: null,
};

function read(
  text: string,
  choices: Partial<SuiteChoices> = {},
  prompts: Readonly<Record<string, string>> = {},
): Promise<ReadSuite> {
  return readSuite({
    text,
    fallbackName: 'suite',
    repository: '/repo',
    choices: { ...noChoices, ...choices },
    readPrompt: async (path) => prompts[path] ?? null,
  });
}

const small = `
agents: [claude-code:claude-sonnet-4-5@high]
prompt: Do it.
check: npm test
budget: 5
`;

describe('a suite', () => {
  it('can be four lines, and everything else has a default', async () => {
    const { plan, problems } = await read(small);
    expect(problems).toEqual([]);
    expect(plan).toMatchObject({
      name: 'suite',
      repository: '/repo',
      contenders: [{ agent: 'claude-code', model: 'claude-sonnet-4-5', effort: 'high', args: [], command: null }],
      tasks: [
        {
          name: 'suite',
          prompt: 'Do it.',
          start: 'HEAD',
          setup: null,
          checks: [{ name: 'check', command: 'npm test' }],
          checkFiles: null,
        },
      ],
      runs: 1,
      parallel: 1,
      runLimitNanoUsd: 5_000_000_000,
      totalLimitNanoUsd: 5_000_000_000,
      agentTimeoutMs: 1_800_000,
      uncommitted: false,
      checkMayPass: false,
    });
  });

  it('can name tasks, checks, set-up, timeouts, files and a command of the user', async () => {
    const { plan, problems } = await read(
      `
name: All of it
agents:
  - { agent: codex, model: gpt-5, effort: low, args: [--search] }
  - { command: [my-agent, --model, "{model}", "{promptFile}"], model: mine }
setup: npm ci
checks: [npm test, { name: lint, command: npm run lint }]
carry: [.env, { path: node_modules, how: link }]
uncommitted: true
checkMayPass: true
runs: 2
parallel: 2
seed: 9
timeouts: { setup: 90s, agent: 1h, check: 5m }
budget: { run: 0.25, total: 1.5 }
tasks:
  - { name: one, promptFile: p.md }
  - { name: two, prompt: Two., check: make, setup: "true", start: v1, checkFiles: { commit: abc, paths: [t.js] } }
`,
      {},
      { 'p.md': 'One.' },
    );
    expect(problems).toEqual([]);
    expect(plan?.contenders).toEqual([
      { agent: 'codex', model: 'gpt-5', effort: 'low', args: ['--search'], command: null },
      {
        agent: 'command',
        model: 'mine',
        effort: null,
        args: [],
        command: ['my-agent', '--model', '{model}', '{promptFile}'],
      },
    ]);
    expect(plan?.tasks).toEqual([
      {
        name: 'one',
        prompt: 'One.',
        start: 'HEAD',
        setup: 'npm ci',
        checks: [
          { name: 'check 1', command: 'npm test' },
          { name: 'lint', command: 'npm run lint' },
        ],
        checkFiles: null,
      },
      {
        name: 'two',
        prompt: 'Two.',
        start: 'v1',
        setup: 'true',
        checks: [{ name: 'check', command: 'make' }],
        checkFiles: { commit: 'abc', paths: ['t.js'] },
      },
    ]);
    expect(plan).toMatchObject({
      setupTimeoutMs: 90_000,
      agentTimeoutMs: 3_600_000,
      checkTimeoutMs: 300_000,
      runs: 2,
      parallel: 2,
      seed: 9,
    });
    expect(plan).toMatchObject({
      runLimitNanoUsd: 250_000_000,
      totalLimitNanoUsd: 1_500_000_000,
      uncommitted: true,
      checkMayPass: true,
    });
    expect(plan?.carry).toEqual([
      { path: '.env', how: 'copy' },
      { path: 'node_modules', how: 'link' },
    ]);
  });

  it('lets the command line decide who, how often and for how much, and shares a whole budget out', async () => {
    const contender = parseContender('gemini-cli:gemini-2.5-pro');
    if (typeof contender === 'string') throw new Error(contender);
    const { plan } = await read(small, { contenders: [contender], runs: 4, totalLimitNanoUsd: 2_000_000_000 });
    expect(plan).toMatchObject({
      contenders: [contender],
      runs: 4,
      runLimitNanoUsd: 500_000_000,
      totalLimitNanoUsd: 2_000_000_000,
    });
  });

  it.each([
    ['', 'The suite is empty'],
    ['a: [', 'The suite is no YAML'],
    ['a: &a [*a, *a]\nb: *nope', 'The suite is no YAML'],
    [small.replace('budget: 5', ''), 'A trial needs a budget in dollars'],
    [small.replace('budget: 5', 'budget: 0'), 'A budget of $0 lets no call through.'],
    [small.replace('budget: 5', 'budget: lots'), '"lots" is no amount'],
    [small.replace('check: npm test', ''), 'needs a "check"'],
    [small.replace('prompt: Do it.', ''), 'needs a "prompt"'],
    [small.replace('prompt: Do it.', 'promptFile: gone.md'), 'the prompt file "gone.md" cannot be read'],
    [small.replace('claude-code:', 'nobody:'), 'names no agent and model'],
    [`${small}runs: 0`, '"runs" is a whole number from 1 to 100.'],
    [`${small}runs: 1.5`, '"runs" is a whole number'],
    [`${small}agent: x`, 'The suite has an unknown key "agent".'],
    [`${small}version: 2`, '"version" is 1'],
    [`${small}timeouts: { agent: soon }`, 'A timeout is written like'],
    [`${small}carry: .env`, '"carry" is a list'],
    [
      small.replace('[claude-code:claude-sonnet-4-5@high]', '[{ command: ["x", "{prmpt}"], model: m }]'),
      '{prmpt} is no placeholder',
    ],
    [small.replace('[claude-code:claude-sonnet-4-5@high]', '[{ command: "x y", model: m }]'), 'is a list of words'],
    [
      small.replace('claude-code:claude-sonnet-4-5@high', 'gemini-cli:gemini-2.5-pro@high'),
      'Gemini CLI has no option for an effort',
    ],
    [small.replace('claude-code:claude-sonnet-4-5@high', 'opencode:gpt-5'), 'OpenCode takes models as provider/model'],
    [`${small}tasks: [{ name: a, prompt: x }, { name: a, prompt: y }]`, 'Two tasks have the name "a".'],
    [`${small}tasks: []`, '"tasks" is a list of at least one task.'],
    [
      small.replace('npm test', 'true'),
      'The suite: "check" is a yes or no in YAML, and a text is wanted: put it in quotes, "true".',
    ],
    [small.replace('npm test', '7'), '"check" is a number in YAML, and a text is wanted: put it in quotes.'],
    [
      small.replace('npm test', '[npm test, npm run lint]'),
      '"check" is a list, and a text is wanted. Several are "checks".',
    ],
    [small.replace('npm test', '{ command: npm test }'), '"check" has keys below it, and a text is wanted.'],
    [`${small}setup: true`, '"setup" is a yes or no in YAML'],
    [`${small}name: 2026`, '"name" is a number in YAML'],
    [`${small}start: 12345e7`, '"start" is a number in YAML'],
    [small.replace('Do it.', '[Do it.]'), '"prompt" is a list, and a text is wanted.'],
    [
      small.replace('check: npm test', 'checks: npm test'),
      '"checks" is a list of commands; a single one is a "check".',
    ],
    [small.replace('check: npm test', 'checks: [true]'), 'each of "checks" is a command'],
    [
      small.replace('check: npm test', 'checks: [{ name: 1, command: x }]'),
      'one of "checks": "name" is a number in YAML',
    ],
    [`${small}uncommitted: "yes"`, '"uncommitted" is true or false, without quotes.'],
    [`${small}checkMayPass: 1`, '"checkMayPass" is true or false, without quotes.'],
    [`${small}timeouts: 10m`, '"timeouts" has a "setup", an "agent" and a "check"'],
    [`${small}timeouts: { agent: 90 }`, 'A timeout is written like'],
    [small.replace('budget: 5', 'budget: [5]'), '"budget" is an amount in dollars such as 5'],
    [small.replace('budget: 5', 'budget: true'), '"budget" is an amount in dollars such as 5'],
    [`${small}tasks: [Do it.]`, 'Task 1 is one with a "prompt"'],
    [`${small}tasks: [{ prompt: 1 }]`, 'Task 1: "prompt" is a number in YAML'],
    [`${small}checkFiles: { commit: 12, paths: [a] }`, '"commit" is a number in YAML'],
    [`${small}carry: [{ path: .env, mode: copy }]`, 'One of "carry" has an unknown key "mode".'],
    [
      small.replace('[claude-code:claude-sonnet-4-5@high]', '[{ agent: codex, model: gpt-5, effort: 3 }]'),
      'Agent 1: "effort" is a number',
    ],
    [
      small.replace('claude-code:', 'claude-code: '),
      'Agent 1: write claude-code:claude-sonnet-4-5@high without a space after the colon.',
    ],
    [small.replace('[claude-code:claude-sonnet-4-5@high]', '[7]'), '"7" names no agent and model'],
  ])('says in words what is wrong: %j', async (text, sentence) => {
    const { plan, problems } = await read(text);
    expect(plan).toBeNull();
    expect(problems.join(' ')).toContain(sentence);
  });

  it('refuses a prompt that an agent cannot take as an argument, and takes 100 KB where it goes another way', async () => {
    const long = 'x'.repeat(130_000);
    const command = (part: string) =>
      small
        .replace('[claude-code:claude-sonnet-4-5@high]', `[{ command: ["x", "${part}"], model: m }]`)
        .replace('Do it.', long);
    expect((await read(command('{prompt}'))).problems.join(' ')).toContain(
      'takes its prompt as an argument, which can have 120000 bytes',
    );
    expect((await read(command('{promptFile}'))).problems).toEqual([]);
    expect((await read(small.replace('Do it.', 'x'.repeat(100_000)))).problems).toEqual([]);
    expect((await read(small.replace('Do it.', 'x'.repeat(1_100_000)))).problems.join(' ')).toContain(
      '1 MB is the most',
    );
  });

  it('has another hash when anything of its text or of its prompt files changes', async () => {
    const filed = small.replace('prompt: Do it.', 'promptFile: p.md');
    const hashes = await Promise.all([
      read(small),
      read(`${small}# a comment`),
      read(filed, {}, { 'p.md': 'One.' }),
      read(filed, {}, { 'p.md': 'Two.' }),
    ]);
    expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(4);
    expect((await read(small, { runs: 9 })).hash).toBe(hashes[0]?.hash);
  });

  it('takes a key with nothing after its colon for one that is left out', async () => {
    const empty = 'setup:\nstart:\ntimeouts:\ncarry:\nuncommitted:\ncheckFiles:\nname:\n';
    const [{ plan, problems }, without] = await Promise.all([read(`${small}${empty}`), read(small)]);
    expect(problems).toEqual([]);
    expect(plan).toEqual(without.plan);
    expect((await read(small.replace('budget: 5', 'budget:'))).missing).toEqual(['budget']);
  });

  it('says of each value that is of another kind which key it is about, and once', async () => {
    const kinds = { text: 'x', number: 7, flag: true, list: ['x'], keys: { x: 'y' } } as const;
    const wanted: Readonly<Record<string, readonly (keyof typeof kinds)[]>> = {
      ...{ name: ['text'], prompt: ['text'], setup: ['text'], start: ['text'], check: ['text'] },
      ...{ runs: ['number'], parallel: ['number'], seed: ['number'], uncommitted: ['flag'], checkMayPass: ['flag'] },
      ...{ timeouts: [], carry: ['list'], checkFiles: [], agents: [], version: [], budget: ['number'] },
      ...{ checks: ['list'], tasks: [] },
    };
    const about: Readonly<Record<string, RegExp>> = { agents: /agent/i, tasks: /Task 1|"tasks"/ };
    for (const [name, fitting] of Object.entries(wanted)) {
      for (const [kind, value] of Object.entries(kinds)) {
        const suite = { agents: ['codex:gpt-5'], prompt: 'Do it.', check: 'npm test', budget: 5, [name]: value };
        const { plan, problems } = await read(JSON.stringify(suite));
        if (fitting.some((one) => one === kind)) {
          expect(problems, JSON.stringify(suite)).toEqual([]);
          continue;
        }
        expect(plan).toBeNull();
        expect(problems.join(' '), JSON.stringify(suite)).toMatch(about[name] ?? new RegExp(`"${name}"`));
        expect(new Set(problems).size).toBe(problems.length);
      }
    }
  });

  it('yields a plan that can be run, or sentences, for any tree of values', async () => {
    const value = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(null, true, 0, -1, 1.5, 1e21, '', ' ', 'x', 'codex:gpt-5', '10m', '__proto__', 'copy', 'HEAD'),
        fc.string(),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom(
            'name',
            'prompt',
            'check',
            'command',
            'agent',
            'model',
            'run',
            'total',
            'path',
            'how',
            'commit',
            'paths',
          ),
          tie('tree'),
          { maxKeys: 4 },
        ),
      ),
    })).tree;
    const keys = [
      'name',
      'prompt',
      'setup',
      'check',
      'checks',
      'agents',
      'budget',
      'tasks',
      'runs',
      'timeouts',
      'carry',
      'checkFiles',
      'start',
    ];
    const suites = fc.record(Object.fromEntries(keys.map((name) => [name, value])), { requiredKeys: [] });
    const good = { agents: ['codex:gpt-5'], prompt: 'Do it.', check: 'npm test', budget: 5 };
    await fc.assert(
      fc.asyncProperty(suites, fc.boolean(), async (suite, isFilled) => {
        const { plan, problems } = await read(JSON.stringify(isFilled ? { ...good, ...suite } : suite));
        expect(plan === null).toBe(problems.length > 0);
        for (const problem of problems) expect(problem).toMatch(/^.{4,}[.:)\]]$/su);
        if (plan === null) return;
        expect(plan.tasks.length * plan.contenders.length * plan.runs).toBeGreaterThan(0);
        for (const { name, prompt, checks, start } of plan.tasks) {
          for (const text of [name, prompt, start, ...checks.map(({ command }) => command)])
            expect(text.trim()).not.toBe('');
          expect(checks.length).toBeGreaterThan(0);
        }
        expect(plan.runLimitNanoUsd).toBeGreaterThan(0);
        expect(Number.isSafeInteger(plan.totalLimitNanoUsd)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws, whatever the text', async () => {
    const words = fc.constantFrom(
      'agents',
      'tasks',
      'budget',
      ': ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '\n',
      '  ',
      '&a',
      '*a',
      '1e9',
      '"',
      '!!x',
      '? ',
      '|',
      'claude-code:m@e',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(words, fc.string()), { maxLength: 30 }), async (parts) => {
        const { plan, problems } = await read(parts.join(''));
        expect(plan === null).toBe(problems.length > 0);
      }),
    );
  });
});
