import { join } from 'node:path';
import { failureReader, hasVariable, type TrialAgent } from './trialAgent.ts';

/** The variables in which OpenCode looks for the keys of providers, of those that need nothing else. */
const keys: Readonly<Record<string, readonly string[]>> = {
  anthropic: ['ANTHROPIC_API_KEY'],
  openai: ['OPENAI_API_KEY'],
  google: ['GOOGLE_GENERATIVE_AI_API_KEY', 'GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  openrouter: ['OPENROUTER_API_KEY'],
  groq: ['GROQ_API_KEY'],
};

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
  async loginProblem(user, models) {
    const data = user.env['XDG_DATA_HOME'] || join(user.homeDir, '.local', 'share');
    if (await user.exists(join(data, 'opencode', 'auth.json'))) return null;
    const hasKey = Object.entries(user.env).some(([name, value]) => name.endsWith('_API_KEY') && value);
    // Its own configuration may hold the key of a provider.
    const config = user.env['XDG_CONFIG_HOME'] || join(user.homeDir, '.config');
    for (const name of ['opencode.json', 'opencode.jsonc'])
      if (hasKey && (await user.exists(join(config, 'opencode', name)))) return null;
    for (const model of hasKey ? models : []) {
      const variables = keys[model.split('/')[0] ?? ''];
      if (variables === undefined || hasVariable(user, variables)) continue;
      return `OpenCode has no key for ${model}: set ${variables[0]}, or run "opencode auth login".`;
    }
    if (hasKey) return null;
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
