import { join } from 'node:path';
import { failureReader, hasVariable, type TrialAgent } from './trialAgent.ts';

/** Not `--dangerously-skip-permissions`, which Claude Code refuses to root, and so in most containers. */
const tools = 'Bash,Edit,Write,NotebookEdit,Read,Glob,Grep,Agent,TodoWrite';

const credentials = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'CLAUDE_CODE_OAUTH_TOKEN',
  'CLAUDE_CODE_USE_BEDROCK',
  'CLAUDE_CODE_USE_VERTEX',
  'CLAUDE_CODE_USE_FOUNDRY',
];

export const claudeCode: TrialAgent = {
  id: 'claude-code',
  program: 'claude',
  approval:
    'Claude Code may edit files and run any command without asking (--permission-mode acceptEdits, --allowedTools Bash and its file tools).',
  problems: () => [],
  start: ({ contender: { model, effort, args } }) => ({
    argv: [
      ...['claude', '--print', '--model', model],
      ...(effort === null ? [] : ['--effort', effort]),
      ...['--permission-mode', 'acceptEdits', '--allowedTools', tools],
      ...args,
    ],
    promptOnStdin: true,
  }),
  async loginProblem(user) {
    // On macOS the login is in the keychain, which only the agent may ask.
    if (user.platform === 'darwin' || hasVariable(user, credentials)) return null;
    const folder = user.env['CLAUDE_CONFIG_DIR'] || join(user.homeDir, '.claude');
    for (const name of ['.credentials.json', 'settings.json']) if (await user.exists(join(folder, name))) return null;
    return 'Claude Code is not logged in: start "claude" once and log in, or set ANTHROPIC_API_KEY.';
  },
  readFailure: failureReader({
    'not-logged-in': [
      'invalid api key',
      'please run /login',
      'not logged in',
      'invalid x-api-key',
      'oauth token has expired',
      'failed to authenticate',
    ],
    'model-refused': [
      'issue with the selected model',
      'model: claude',
      'not_found_error',
      'unknown model',
      'may not exist or you may not have access',
    ],
  }),
};
