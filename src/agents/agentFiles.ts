import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import type { EnvironmentReader } from './environment.ts';

/** What the user's own configuration files of the agents say. */
export interface AgentFiles {
  /** `security.auth.selectedType` of the user's Gemini CLI settings. */
  readonly geminiAuthType: string | null;
  /** `openai_base_url` of the user's Codex configuration. */
  readonly codexBaseUrl: string | null;
  /** `env` of the user's Claude Code settings as far as it matters, which outranks every environment variable. */
  readonly claudeEnv: Readonly<Record<string, string>>;
  /** A workspace's own settings of Claude Code name a base URL, which outranks ours. The URL itself is of no interest. */
  readonly claudeWorkspaceRedirects: boolean;
  /** Null where a file is there that could not be understood. */
  readonly opencode: ProviderFacts | null;
  readonly kilo: ProviderFacts | null;
  /** Hosts and paths of Goose's configuration. */
  readonly goose: Readonly<Record<string, string>>;
}

/** What OpenCode and its kin know of providers. */
export interface ProviderFacts {
  /** Providers that the user has stored an API key for, or named in the configuration. No key is kept. */
  readonly withKey: readonly string[];
  /** Providers that the configuration gives a base URL. */
  readonly redirected: readonly string[];
}

const CLAUDE_BASE_URL = ['env', 'ANTHROPIC_BASE_URL'];
const MAX_FILE_BYTES = 1024 * 1024;
const CLAUDE_VARIABLES = [
  'ANTHROPIC_BASE_URL',
  'ANTHROPIC_BEDROCK_BASE_URL',
  'ANTHROPIC_VERTEX_BASE_URL',
  'ANTHROPIC_FOUNDRY_BASE_URL',
  'ANTHROPIC_FOUNDRY_RESOURCE',
  'ANTHROPIC_SMALL_FAST_MODEL_AWS_REGION',
  'AWS_BEARER_TOKEN_BEDROCK',
  'AWS_DEFAULT_REGION',
  'AWS_REGION',
  'CLAUDE_CODE_USE_BEDROCK',
  'CLAUDE_CODE_USE_FOUNDRY',
  'CLAUDE_CODE_USE_VERTEX',
];
const GOOSE_VARIABLES = ['ANTHROPIC_HOST', 'OPENAI_HOST', 'OPENAI_BASE_PATH'];

/**
 * Reads the few facts that matter from the agents' own settings; nothing is ever written there. Values are taken from the user's files
 * only; of a workspace it is only asked whether it sends Claude Code elsewhere. A file that is missing or broken tells nothing.
 */
export async function readAgentFiles(
  home: string,
  user: EnvironmentReader,
  workspaceFolders: readonly string[],
): Promise<AgentFiles> {
  const gemini = join(user.get('GEMINI_CLI_HOME') ?? home, '.gemini', 'settings.json');
  const claude = join(user.get('CLAUDE_CONFIG_DIR') ?? join(home, '.claude'), 'settings.json');
  const codex = join(user.get('CODEX_HOME') ?? join(home, '.codex'), 'config.toml');
  const inWorkspace = workspaceFolders.flatMap((folder) =>
    ['settings.json', 'settings.local.json'].map((file) => join(folder, '.claude', file)),
  );
  const [opencode, kilo, goose] = await Promise.all([
    readProviderFacts(home, user, { name: 'opencode', configVariable: 'OPENCODE_CONFIG' }),
    readProviderFacts(home, user, { name: 'kilo', configVariable: 'KILO_CONFIG' }),
    readParsed(join(configHome(home, user), 'goose', 'config.yaml'), parseFlatYaml),
  ]);
  const [geminiSettings, claudeSettings, codexConfig, ...workspaceSettings] = await Promise.all([
    readParsed(gemini, parseJsonWithComments),
    readParsed(claude, parseJsonWithComments),
    readParsed(codex, parseToml),
    ...inWorkspace.map((path) => readParsed(path, parseJsonWithComments)),
  ]);
  return {
    geminiAuthType: textAt(geminiSettings, ['security', 'auth', 'selectedType']),
    codexBaseUrl: textAt(codexConfig, ['openai_base_url']),
    claudeEnv: textsAt(claudeSettings, ['env'], CLAUDE_VARIABLES),
    claudeWorkspaceRedirects: workspaceSettings.some((settings) => textAt(settings, CLAUDE_BASE_URL) !== null),
    opencode,
    kilo,
    goose: textsAt(goose, [], GOOSE_VARIABLES),
  };
}

function configHome(home: string, user: EnvironmentReader): string {
  return user.get('XDG_CONFIG_HOME') ?? join(home, '.config');
}

/** Its configuration files and its list of keys, of which only the providers' names and the kind of login are taken. */
async function readProviderFacts(
  home: string,
  user: EnvironmentReader,
  agent: { readonly name: string; readonly configVariable: string },
): Promise<ProviderFacts | null> {
  const folder = join(configHome(home, user), agent.name);
  const names = ['config', agent.name, 'opencode'].flatMap((name) => [`${name}.json`, `${name}.jsonc`]);
  const custom = user.get(agent.configVariable);
  const paths = [...new Set(names)].map((name) => join(folder, name));
  const auth = join(user.get('XDG_DATA_HOME') ?? join(home, '.local', 'share'), agent.name, 'auth.json');
  try {
    const configs = await Promise.all([...paths, ...(custom === null ? [] : [custom])].map(readOptionalJson));
    const providers = configs.flatMap((config) => Object.entries(recordAt(config, 'provider')));
    const logins = Object.entries(asRecord(await readOptionalJson(auth)));
    return {
      withKey: [
        ...logins.filter(([, login]) => textAt(login, ['type']) === 'api').map(([id]) => id),
        ...providers.map(([id]) => id),
      ],
      redirected: providers
        .filter(([, provider]) => Object.hasOwn(recordAt(provider, 'options'), 'baseURL'))
        .map(([id]) => id),
    };
  } catch {
    return null;
  }
}

/** Null for a file that is not there. @throws where it is there and cannot be read or understood. */
async function readOptionalJson(path: string): Promise<unknown> {
  try {
    return parseJsonWithComments(await readText(path));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** The top level of a YAML file, which is all that Goose's hosts are in: `KEY: value`, quoted or not. */
function parseFlatYaml(text: string): unknown {
  const lines = text.matchAll(/^([A-Z_]+):[ \t]+(?:"([^"\n]*)"|'([^'\n]*)'|([^\s#"'][^\s#]*))/gm);
  return Object.fromEntries([...lines].map(([, key, double, single, plain]) => [key, double ?? single ?? plain]));
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function recordAt(value: unknown, key: string): Readonly<Record<string, unknown>> {
  const record = asRecord(value);
  return Object.hasOwn(record, key) ? asRecord(record[key]) : {};
}

function textsAt(value: unknown, path: readonly string[], names: readonly string[]): Readonly<Record<string, string>> {
  const found = names.map((name) => [name, textAt(value, [...path, name])] as const);
  return Object.fromEntries(found.flatMap(([name, text]) => (text === null ? [] : [[name, text]])));
}

async function readParsed(path: string, parse: (text: string) => unknown): Promise<unknown> {
  try {
    return parse(await readText(path));
  } catch {
    return null;
  }
}

/**
 * A repository may put a pipe, a device or anything else in place of a file.
 *
 * @throws also where it is no file of a sensible size; then nothing of it is read.
 */
async function readText(path: string): Promise<string> {
  const flags = process.platform === 'win32' ? constants.O_RDONLY : constants.O_RDONLY | constants.O_NONBLOCK;
  await using file = await open(path, flags);
  const stats = await file.stat();
  if (!stats.isFile() || stats.size > MAX_FILE_BYTES) throw new Error('no file of a sensible size');
  return await file.readFile('utf8');
}

function textAt(value: unknown, path: readonly string[]): string | null {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return null;
    current = (current as Record<string, unknown>)[key];
  }
  return typeof current === 'string' && current !== '' ? current : null;
}

/**
 * Gemini CLI accepts comments in its settings. Strings are matched first, so that "//" in a URL stays. What has no end reaches to the
 * end of the text, so that no text is gone through twice.
 */
export function parseJsonWithComments(text: string): unknown {
  const withoutComments = text.replace(
    /("(?:[^"\\]|\\[\s\S]?)*"?)|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g,
    (_match, string?: string) => string ?? ' ',
  );
  return JSON.parse(withoutComments.replace(/^\uFEFF/, ''));
}
