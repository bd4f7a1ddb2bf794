import { writeSync } from 'node:fs';

/**
 * Says a line to whoever started this process, before anything else happens: a process that is killed next must have said what it has
 * done. A full pipe refuses for a moment, so this waits.
 */
export function sayLine(line: string): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}
