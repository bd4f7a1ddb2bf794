import { join } from 'node:path';
import { failureReader, hasVariable, noEffort, type TrialAgent } from './trialAgent.ts';

export const geminiCli: TrialAgent = {
  id: 'gemini-cli',
  program: 'gemini',
  approval: 'Gemini CLI may edit files and run any command without asking (--approval-mode yolo, --skip-trust).',
  problems: (contender) => noEffort('Gemini CLI', contender),
  start: ({ contender: { model, args } }) => ({
    argv: ['gemini', '--model', model, '--approval-mode', 'yolo', '--skip-trust', '--output-format', 'text', ...args],
    promptOnStdin: true,
  }),
  async loginProblem(user) {
    if (hasVariable(user, ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_APPLICATION_CREDENTIALS'])) return null;
    for (const name of ['oauth_creds.json', 'settings.json', '.env']) {
      if (await user.exists(join(user.homeDir, '.gemini', name))) return null;
    }
    return 'Gemini CLI is not logged in: start "gemini" once and choose how to log in.';
  },
  readFailure: failureReader({
    'not-logged-in': [
      'api key not valid',
      'please set an auth method',
      'api_key_invalid',
      'unauthenticated',
      'failed to login',
      'must specify the gemini_api_key',
    ],
    'model-refused': [
      'modelnotfounderror',
      'is not found for api version',
      'requested entity was not found',
      'model not found',
    ],
  }),
};
