import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import type { EnvironmentReader } from './environment.ts';
import type { AgentFiles } from './userBaseUrls.ts';

const CLAUDE_BASE_URL = ['env', 'ANTHROPIC_BASE_URL'];
const MAX_FILE_BYTES = 1024 * 1024;

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
  const [geminiSettings, claudeSettings, codexConfig, ...workspaceSettings] = await Promise.all([
    readParsed(gemini, parseJsonWithComments),
    readParsed(claude, parseJsonWithComments),
    readParsed(codex, parseToml),
    ...inWorkspace.map((path) => readParsed(path, parseJsonWithComments)),
  ]);
  return {
    geminiAuthType: textAt(geminiSettings, ['security', 'auth', 'selectedType']),
    codexBaseUrl: textAt(codexConfig, ['openai_base_url']),
    claudeBaseUrl: textAt(claudeSettings, CLAUDE_BASE_URL),
    claudeWorkspaceRedirects: workspaceSettings.some((settings) => textAt(settings, CLAUDE_BASE_URL) !== null),
  };
}

/** A repository may put a pipe, a device or anything else in place of a file: what is no file of a sensible size is not read. */
async function readParsed(path: string, parse: (text: string) => unknown): Promise<unknown> {
  const flags = process.platform === 'win32' ? constants.O_RDONLY : constants.O_RDONLY | constants.O_NONBLOCK;
  try {
    await using file = await open(path, flags);
    const stats = await file.stat();
    return stats.isFile() && stats.size <= MAX_FILE_BYTES ? parse(await file.readFile('utf8')) : null;
  } catch {
    return null;
  }
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
