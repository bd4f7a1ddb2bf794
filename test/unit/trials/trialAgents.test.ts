import { describe, expect, it } from 'vitest';
import { type Contender, trialAgentIds } from '../../../src/protocol/trials.ts';
import type { StartRequest, UserFacts } from '../../../src/trials/agents/trialAgent.ts';
import { trialAgents } from '../../../src/trials/agents/trialAgents.ts';

function requestOf(contender: Partial<Contender>, more: Partial<StartRequest> = {}): StartRequest {
  return {
    contender: { agent: 'command', model: 'm', effort: null, args: [], command: null, ...contender },
    prompt: 'Do {model} "it".',
    promptPath: '/data/prompt.md',
    worktree: '/work tree',
    baseUrls: { openai: 'http://127.0.0.1:1/t/w/openai/v1', anthropic: 'http://127.0.0.1:1/t/w/anthropic' },
    env: {},
    ...more,
  };
}

function userOf(env: UserFacts['env'], files: readonly string[] = []): UserFacts {
  return { env, homeDir: '/home/u', platform: 'linux', exists: async (path) => files.includes(path) };
}

describe('the agents of trials', () => {
  it.each([
    [
      'claude-code',
      [
        'claude',
        '--print',
        '--model',
        'm',
        '--effort',
        'high',
        '--permission-mode',
        'acceptEdits',
        '--allowedTools',
        'Bash,Edit,Write,NotebookEdit,Read,Glob,Grep,Agent,TodoWrite',
        '-x',
      ],
      true,
    ],
    [
      'codex',
      [
        'codex',
        'exec',
        '--skip-git-repo-check',
        '--color',
        'never',
        '--model',
        'm',
        '-c',
        'model_reasoning_effort="high"',
        '--sandbox',
        'workspace-write',
        '-c',
        'approval_policy="never"',
        '-x',
        '-',
      ],
      true,
    ],
    [
      'gemini-cli',
      ['gemini', '--model', 'm', '--approval-mode', 'yolo', '--skip-trust', '--output-format', 'text', '-x'],
      true,
    ],
    ['opencode', ['opencode', 'run', '--auto', '--model', 'm', '--variant', 'high', '-x'], true],
    [
      'aider',
      [
        'aider',
        '--model',
        'm',
        '--message-file',
        '/data/prompt.md',
        '--yes-always',
        '--no-auto-commits',
        '--no-gitignore',
        '--no-check-update',
        '--no-show-release-notes',
        '--analytics-disable',
        '--no-pretty',
        '--no-stream',
        '--reasoning-effort',
        'high',
        '--openai-api-base',
        'http://127.0.0.1:1/t/w/openai/v1',
        '-x',
      ],
      false,
    ],
    [
      'copilot-cli',
      ['copilot', '--prompt', 'Do {model} "it".', '--model', 'm', '--allow-all-tools', '--no-color', '-x'],
      false,
    ],
  ] as const)('%s is started without a human, by its own flags', (agent, argv, promptOnStdin) => {
    const effort = agent === 'gemini-cli' || agent === 'copilot-cli' ? null : 'high';
    expect(trialAgents[agent].start(requestOf({ agent, effort, args: ['-x'] }))).toEqual({ argv, promptOnStdin });
  });

  it('say before the first start what they may do unasked', () => {
    for (const id of trialAgentIds) expect(trialAgents[id].approval).toMatch(/ may .*\.$/);
  });

  it('leave a sandbox of the user\u2019s own choice as it is, and a base URL of aider\u2019s', () => {
    const codex = trialAgents.codex.start(requestOf({ args: ['--sandbox', 'read-only'] })).argv;
    expect(codex.filter((word) => word === '--sandbox')).toHaveLength(1);
    expect(codex).not.toContain('workspace-write');
    const { argv } = trialAgents.aider.start(requestOf({}, { env: { OPENAI_API_BASE: 'http://127.0.0.1:2' } }));
    expect(argv).not.toContain('--openai-api-base');
  });

  it('fill the placeholders of a command, once each, and leave those of a prompt alone', () => {
    const command = [
      'a',
      '--m={model}',
      '{effort}',
      '{worktree}',
      '{promptFile}',
      '{prompt}',
      '{baseUrl.anthropic}',
      '{baseUrl.none}',
    ];
    expect(trialAgents.command.start(requestOf({ command, args: ['z'] }))).toEqual({
      argv: [
        'a',
        '--m=m',
        '',
        '/work tree',
        '/data/prompt.md',
        'Do {model} "it".',
        'http://127.0.0.1:1/t/w/anthropic',
        '',
        'z',
      ],
      promptOnStdin: false,
    });
    expect(trialAgents.command.start(requestOf({ command: ['a'] })).promptOnStdin).toBe(true);
  });

  it.each([
    ['claude-code', {}, [], 'is not logged in'],
    ['claude-code', { ANTHROPIC_API_KEY: 'x' }, [], null],
    ['claude-code', { ANTHROPIC_API_KEY: '' }, ['/home/u/.claude/.credentials.json'], null],
    ['codex', {}, [], 'is not logged in'],
    ['codex', { CODEX_HOME: '/c' }, ['/c/auth.json'], null],
    ['gemini-cli', {}, [], 'is not logged in'],
    ['gemini-cli', {}, ['/home/u/.gemini/oauth_creds.json'], null],
    ['opencode', {}, [], 'no key of any provider'],
    ['opencode', { OPENAI_API_KEY: 'x' }, [], null],
    ['copilot-cli', {}, [], 'cannot be metered'],
    ['copilot-cli', { COPILOT_PROVIDER_BASE_URL: 'https://x.example' }, [], null],
    ['aider', {}, [], null],
    ['command', {}, [], null],
  ] as const)('%s with %j and %j: what is known of its login', async (agent, env, files, expected) => {
    const problem = await trialAgents[agent].loginProblem(userOf(env, files), []);
    if (expected === null) expect(problem).toBeNull();
    else expect(problem).toContain(expected);
  });

  it.each([
    [{ GROQ_API_KEY: 'x' }, [], 'OpenCode has no key for anthropic/claude-sonnet-4-5: set ANTHROPIC_API_KEY'],
    [{ GROQ_API_KEY: 'x' }, ['/home/u/.local/share/opencode/auth.json'], null],
    [{ GROQ_API_KEY: 'x' }, ['/home/u/.config/opencode/opencode.json'], null],
    [{ ANTHROPIC_API_KEY: 'x' }, [], null],
  ] as const)('OpenCode with %j and %j: whether it has the key of the model', async (env, files, expected) => {
    const models = ['made-up/model', 'anthropic/claude-sonnet-4-5'];
    const problem = await trialAgents.opencode.loginProblem(userOf(env, files), models);
    if (expected === null) expect(problem).toBeNull();
    else expect(problem).toContain(expected);
  });

  it('read their ends by their own words, the login before the model', () => {
    expect(trialAgents['claude-code'].readFailure('Invalid API key · Please run /login')).toBe('not-logged-in');
    expect(trialAgents.codex.readFailure('unexpected status 401 Unauthorized; unknown model')).toBe('not-logged-in');
    expect(trialAgents['gemini-cli'].readFailure('models/x is not found for API version v1beta')).toBe('model-refused');
    for (const id of trialAgentIds) expect(trialAgents[id].readFailure('1 test failed')).toBeNull();
  });
});
