import { join } from 'node:path';
import { failureReader, type TrialAgent } from './trialAgent.ts';

export const openCode: TrialAgent = {
  id: 'opencode',
  program: 'opencode',
  approval: 'OpenCode may edit files and run any command without asking (--auto).',
  problems: ({ model }) =>
    model.includes('/') ? [] : [`OpenCode takes models as provider/model, for example anthropic/${model}.`],
  start: ({ contender: { model, effort, args } }) => ({
    argv: ['opencode', 'run', '--auto', '--model', model, ...(effort === null ? [] : ['--variant', effort]), ...args],
    promptOnStdin: true,
  }),
  async loginProblem(user) {
    if (Object.entries(user.env).some(([name, value]) => name.endsWith('_API_KEY') && value)) return null;
    const data = user.env['XDG_DATA_HOME'] || join(user.homeDir, '.local', 'share');
    if (await user.exists(join(data, 'opencode', 'auth.json'))) return null;
    return 'OpenCode has no key of any provider: run "opencode auth login", or set the key of one, such as ANTHROPIC_API_KEY.';
  },
  readFailure: failureReader({
    'not-logged-in': [
      'invalid x-api-key',
      'incorrect api key',
      'api key is missing',
      'unauthorized',
      'invalid_api_key',
    ],
    'model-refused': ['providermodelnotfounderror', 'model not found', 'model_not_found', 'not_found_error'],
  }),
};
