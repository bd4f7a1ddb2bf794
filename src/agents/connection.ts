import type { AgentId } from '../manifest/manifest.ts';
import type { AgentFiles } from './agentFiles.ts';
import type { EnvironmentReader } from './environment.ts';

/** What is known of the user's wishes; nothing in it comes from a workspace. */
export interface UserWishes {
  readonly env: EnvironmentReader;
  readonly files: AgentFiles;
}

/** The base URLs of the meter, by the names that the gateway gives them. */
export type BaseUrls = Readonly<Record<string, string>>;

/** One way by which one agent's calls are redirected into one route of the gateway. */
export interface AgentConnection {
  readonly agent: AgentId;
  /** The name that users know, as the subject of a sentence. */
  readonly label: string;
  readonly routeId: string;
  /**
   * Where the user has sent these calls; null for the provider's usual address. The agent is connected only where the route leads to
   * that same place, or to one that the user has named in `outlay.upstreams`: no call ends anywhere else because of us.
   */
  ownBaseUrl(user: UserWishes): string | null;
  /** Whether a base URL of the user's becomes the upstream of the route. */
  readonly claimsRoute: boolean;
  /** The user is known to use it whenever it is not left alone, so that a conflict of addresses is worth a word. */
  readonly isInUse?: boolean;
  /** Why it is left alone: a sentence, "" where that is the normal case and needs no words, or null for no reason. */
  obstacle(user: UserWishes, context: ConnectionContext): string | null;
  /** The variables to set; null where the meter has no such route, or the user's own value leaves no room. */
  variables(baseUrls: BaseUrls, user: UserWishes, before: ReadonlyVariables): Readonly<Record<string, string>> | null;
}

/** Looks up what the plan has for a variable so far, else what the user has. */
export type ReadonlyVariables = (name: string) => string | null;

export interface ConnectionContext {
  /** The upstream of the route; undefined for the provider's usual address. */
  readonly upstream: string | undefined;
  /** Folder of the Codex launcher; null where it could not be written. */
  readonly launcherDir: string | null;
}

const usualAddresses: Readonly<Record<string, readonly string[]>> = {
  anthropic: ['https://api.anthropic.com', 'https://api.anthropic.com/v1'],
  openai: ['https://api.openai.com/v1'],
  gemini: ['https://generativelanguage.googleapis.com'],
  codex: ['https://api.openai.com/v1'],
  'code-assist': ['https://cloudcode-pa.googleapis.com'],
  openrouter: ['https://openrouter.ai/api/v1'],
};

/** A base URL without closing slashes; null for none and for the provider's usual address, which is where calls go anyway. */
export function unusualBaseUrl(routeId: string, text: string | null): string | null {
  const base = withoutTrailingSlashes(text ?? '');
  return base === '' || usualAddresses[routeId]?.includes(base) ? null : base;
}

/** The commonest kind of connection: one variable that holds one base URL. */
export function variableConnection(parts: {
  readonly agent: AgentId;
  readonly label: string;
  readonly routeId: string;
  readonly variable: string;
  /** The name of the meter's base URL; the route's where left out. */
  readonly baseUrlId?: string;
  /** Further variables that the agent takes its base URL from, after its own. */
  readonly alsoFrom?: readonly string[];
  readonly claimsRoute: boolean;
  readonly obstacle?: AgentConnection['obstacle'];
}): AgentConnection {
  const { agent, label, routeId, variable, baseUrlId = routeId, alsoFrom = [], claimsRoute } = parts;
  return {
    agent,
    label,
    routeId,
    claimsRoute,
    ownBaseUrl: ({ env }) =>
      [variable, ...alsoFrom].map((name) => env.get(name)).find((value) => value !== null) ?? null,
    obstacle: parts.obstacle ?? (() => null),
    variables(baseUrls) {
      const url = baseUrls[baseUrlId];
      return url === undefined ? null : { [variable]: url };
    },
  };
}

/**
 * For variables whose names are nobody's own: other programs of the terminal read them, and a `.env` file of a project does not
 * override what is set. They are replaced only where the user has set them for all of the terminal, and then lead to the same place.
 */
export function unlessUserSet(variable: string): AgentConnection['obstacle'] {
  return ({ env }) => (env.get(variable) === null ? '' : null);
}

/** Without the slashes at its end, in time that is linear whatever the text. */
export function withoutTrailingSlashes(text: string): string {
  let end = text.length;
  while (text[end - 1] === '/') end--;
  return text.slice(0, end);
}
