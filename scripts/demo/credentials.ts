import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const variables = ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'OPENAI_API_KEY', 'GEMINI_API_KEY', 'GOOGLE_API_KEY'];

/** Where the agents keep a login. Only whether the files are there is looked at. */
const logins = ['.claude/.credentials.json', '.codex/auth.json', '.gemini/oauth_creds.json'];

/** Whether the user can run an agent for real, so that no demo is needed. */
export function hasCredentials(environment: NodeJS.ProcessEnv = process.env): boolean {
  const isSet = variables.some((name) => (environment[name] ?? '') !== '');
  return isSet || logins.some((path) => existsSync(join(homedir(), path)));
}
