import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, rename, rm } from 'node:fs/promises';

const MAX_BYTES = 1024 * 1024;

/** A settings file of an agent, as it was found. */
export type FoundFile =
  | { readonly kind: 'text'; readonly text: string; readonly mode: number }
  | { readonly kind: 'missing' }
  /** `text` ends a sentence: "... was left alone: <text>". */
  | { readonly kind: 'problem'; readonly text: string };

/** Reads a file of a sensible size; a link is not followed, for what is written must not land in another place. */
export async function readSettingsFile(path: string): Promise<FoundFile> {
  try {
    const { mode, size, isLink, isFile } = await describeFile(path);
    if (isLink) return { kind: 'problem', text: 'it is a link, which Outlay does not follow' };
    if (!isFile) return { kind: 'problem', text: 'it is not a file' };
    if (size > MAX_BYTES) return { kind: 'problem', text: 'it is larger than 1 MB' };
    const flags = constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NOFOLLOW | constants.O_NONBLOCK);
    await using file = await open(path, flags);
    const bytes = await file.readFile();
    const text = bytes.toString('utf8');
    // What is no UTF-8 would come back as something else.
    if (!Buffer.from(text, 'utf8').equals(bytes)) return { kind: 'problem', text: 'it is not UTF-8' };
    return { kind: 'text', text, mode: mode & 0o777 };
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? { kind: 'missing' }
      : { kind: 'problem', text: `it cannot be read (${code})` };
  }
}

async function describeFile(path: string) {
  const stats = await lstat(path);
  return { mode: stats.mode, size: stats.size, isLink: stats.isSymbolicLink(), isFile: stats.isFile() };
}

/**
 * Puts a new text in place of one that was read, all of it or nothing. False where the file is not any more what was read: then somebody
 * else has written it, whose words count.
 *
 * @throws where it cannot be written; then the file is what it was.
 */
export async function replaceSettingsFile(
  path: string,
  before: FoundFile & { readonly kind: 'text' },
  after: string,
): Promise<boolean> {
  const draft = `${path}.outlay-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await writeDraft(draft, after, before.mode);
    const now = await readSettingsFile(path);
    if (now.kind !== 'text' || now.text !== before.text) return false;
    await rename(draft, path);
    return true;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Writes a file of Outlay's own, for its user alone. */
export async function writeOwnFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await writeDraft(draft, text, 0o600);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeDraft(path: string, text: string, mode: number): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  await file.writeFile(text, 'utf8');
  await file.chmod(mode);
  await file.sync();
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown reason';
}
