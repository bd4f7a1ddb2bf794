import { join } from 'node:path';
import { failureReader, hasVariable, type TrialAgent } from './trialAgent.ts';

export const codex: TrialAgent = {
  id: 'codex',
  program: 'codex',
  approval:
    'Codex may edit files of its worktree and run commands in its own sandbox without asking (--sandbox workspace-write, approval_policy "never").',
  problems: () => [],
  start: ({ contender: { model, effort, args } }) => ({
    argv: [
      ...['codex', 'exec', '--skip-git-repo-check', '--color', 'never', '--model', model],
      ...(effort === null ? [] : ['-c', `model_reasoning_effort=${JSON.stringify(effort)}`]),
      ...(args.some((argument) => /^(-s|--sandbox|--dangerously-bypass)/.test(argument))
        ? []
        : ['--sandbox', 'workspace-write']),
      ...['-c', 'approval_policy="never"'],
      ...args,
      '-',
    ],
    promptOnStdin: true,
  }),
  async loginProblem(user) {
    if (hasVariable(user, ['CODEX_API_KEY'])) return null;
    const folder = user.env['CODEX_HOME'] || join(user.homeDir, '.codex');
    for (const name of ['auth.json', 'config.toml']) if (await user.exists(join(folder, name))) return null;
    return 'Codex is not logged in: run "codex login", or set CODEX_API_KEY.';
  },
  readFailure: failureReader({
    'not-logged-in': [
      '401 unauthorized',
      'not logged in',
      'incorrect api key',
      'invalid_api_key',
      'please log in',
      'refresh token',
    ],
    'model-refused': [
      'model_not_found',
      'does not exist or you do not have access',
      'not supported when using codex',
      'unknown model',
    ],
  }),
};
