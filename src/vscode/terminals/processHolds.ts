import { readFile } from 'node:fs/promises';

/**
 * Whether a process was started with a text in its environment; null where the platform does not tell. Nothing that is read is kept.
 * Linux only, which is also where most remote windows run, whose terminals come back late after a reload.
 */
export async function processHolds(processId: number, text: string): Promise<boolean | null> {
  try {
    return (await readFile(`/proc/${processId}/environ`, 'latin1')).includes(text);
  } catch {
    return null;
  }
}
