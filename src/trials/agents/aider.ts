import { failureReader, type TrialAgent } from './trialAgent.ts';

export const aider: TrialAgent = {
  id: 'aider',
  program: 'aider',
  approval:
    'aider may edit files and run the commands that it suggests without asking (--yes-always), and commits nothing.',
  problems: () => [],
  start: ({ contender: { model, effort, args }, promptPath, baseUrls, env }) => ({
    argv: [
      ...[
        'aider',
        '--model',
        model,
        '--message-file',
        promptPath,
        '--yes-always',
        '--no-auto-commits',
        '--no-gitignore',
      ],
      ...['--no-check-update', '--no-show-release-notes', '--analytics-disable', '--no-pretty', '--no-stream'],
      ...(effort === null ? [] : ['--reasoning-effort', effort]),
      // Terminals are given no variable for OpenAI, since every program reads it; this reaches aider alone.
      ...(baseUrls['openai'] === undefined || env['OPENAI_API_BASE'] ? [] : ['--openai-api-base', baseUrls['openai']]),
      ...args,
    ],
    promptOnStdin: false,
  }),
  loginProblem: async () => null,
  readFailure: failureReader({
    'not-logged-in': [
      'authenticationerror',
      'incorrect api key',
      'invalid x-api-key',
      'missing these environment variables',
    ],
    'model-refused': ['notfounderror', 'llm provider not provided', 'unknown model', 'model_not_found'],
  }),
};
