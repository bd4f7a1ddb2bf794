import { readFile } from 'node:fs/promises';

/**
 * Whether a process was started with one of some texts in its environment; null where the platform does not tell. Nothing that is read is kept.
 * Linux only, which is also where most remote windows run, whose terminals come back late after a reload.
 */
export async function processHolds(processId: number, texts: readonly string[]): Promise<boolean | null> {
  try {
    const environment = await readFile(`/proc/${processId}/environ`, 'latin1');
    return texts.some((text) => environment.includes(text));
  } catch {
    return null;
  }
}
