import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Copies the launcher out of the extension's folder, which goes away with the next update, into the data folder, where terminals that are
 * already open keep finding it. Written only when its text changed.
 *
 * @returns the folder for the PATH, or null where it could not be written: then Codex is left alone.
 */
export async function installCodexLauncher(
  mediaBinDir: string,
  dataDir: string,
  onProblem: (sentence: string) => void,
): Promise<string | null> {
  const target = join(dataDir, 'bin');
  try {
    await mkdir(target, { recursive: true, mode: 0o700 });
    await install(join(mediaBinDir, 'codex'), join(target, 'codex'), (text) => text);
    // cmd.exe finds labels reliably only in files with its own line ends.
    await install(join(mediaBinDir, 'codex.cmd'), join(target, 'codex.cmd'), (text) => text.replace(/\r?\n/g, '\r\n'));
    return target;
  } catch (error) {
    onProblem(`The Codex launcher could not be written: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

async function install(source: string, target: string, convert: (text: string) => string): Promise<void> {
  const text = convert(await readFile(source, 'utf8'));
  if ((await readFile(target, 'utf8').catch(() => null)) !== text) {
    // A shell may be reading the old file: it is replaced, never written into.
    const draft = `${target}.${process.pid}.new`;
    await writeFile(draft, text, { mode: 0o755 });
    await rename(draft, target);
  }
  await chmod(target, 0o755);
}
