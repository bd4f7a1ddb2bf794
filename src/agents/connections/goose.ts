import { type AgentConnection, type UserWishes, variableConnection, withoutTrailingSlashes } from '../connection.ts';

const CHAT = '/chat/completions';

/** Goose joins a host and a path; its variables outrank its configuration file. */
export const gooseConnections: readonly AgentConnection[] = [
  {
    ...variableConnection({
      agent: 'goose',
      label: 'Goose',
      routeId: 'anthropic',
      variable: 'ANTHROPIC_HOST',
      // This route belongs to ANTHROPIC_BASE_URL: Claude Code must not go unmetered because of another agent's gateway.
      claimsRoute: false,
    }),
    ownBaseUrl: (user) => readValue(user, 'ANTHROPIC_HOST'),
  },
  {
    agent: 'goose',
    label: 'Goose',
    routeId: 'openai',
    claimsRoute: false,
    ownBaseUrl(user) {
      const host = readValue(user, 'OPENAI_HOST') ?? 'https://api.openai.com';
      const path = (readValue(user, 'OPENAI_BASE_PATH') ?? `v1${CHAT}`).replace(/^\/+/, '');
      const base = path.endsWith(CHAT) ? path.slice(0, -CHAT.length) : path;
      return `${withoutTrailingSlashes(host)}/${base}`;
    },
    obstacle: () => null,
    variables({ openai }) {
      if (openai === undefined) return null;
      const { origin, pathname } = new URL(openai);
      // A path that begins with a slash would replace that of the host.
      return { OPENAI_HOST: origin, OPENAI_BASE_PATH: `${pathname.slice(1)}${CHAT}` };
    },
  },
];

function readValue({ env, files }: UserWishes, name: string): string | null {
  return env.get(name) ?? files.goose[name] ?? null;
}
