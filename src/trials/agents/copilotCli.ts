import { failureReader, hasVariable, noEffort, type TrialAgent } from './trialAgent.ts';

export const copilotCli: TrialAgent = {
  id: 'copilot-cli',
  program: 'copilot',
  approval: 'Copilot CLI may edit files and run any command without asking (--allow-all-tools).',
  problems: (contender) => noEffort('Copilot CLI', contender),
  start: ({ contender: { model, args }, prompt }) => ({
    argv: ['copilot', '--prompt', prompt, '--model', model, '--allow-all-tools', '--no-color', ...args],
    promptOnStdin: false,
  }),
  async loginProblem(user) {
    if (hasVariable(user, ['COPILOT_PROVIDER_BASE_URL'])) return null;
    return 'Copilot CLI calls GitHub, which cannot be metered or held to a budget. With a provider of your own (COPILOT_PROVIDER_BASE_URL) it can.';
  },
  readFailure: failureReader({
    'not-logged-in': ['no authentication information', 'unauthorized', 'incorrect api key', 'invalid x-api-key'],
    'model-refused': ['model_not_found', 'not_found_error', 'is not available', 'not a supported model'],
  }),
};
