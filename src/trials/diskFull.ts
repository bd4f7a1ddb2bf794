import { statfs } from 'node:fs/promises';

/** So little that whatever a run does next fails for want of room, and says nothing about a model. */
const NO_ROOM_BYTES = 1024 * 1024;

/** The disk took no more while a trial ran. The message is the sentence for the user. */
export class DiskFullError extends Error {
  constructor() {
    super(
      'The disk is full: the trial was ended, and the copies of its runs are removed. Make room; "outlay trial resume" goes on with what was not done.',
    );
  }
}

/** Whether an error is one of a full disk, also one of git's, in its own words. */
export function isDiskFull(error: unknown): boolean {
  if (error instanceof DiskFullError) return true;
  if (!(error instanceof Error)) return false;
  if ('code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')) return true;
  return error.message.includes('No space left on device') || error.message.includes('Disk quota exceeded');
}

/** @throws DiskFullError where a folder's disk has no room: what just failed there may have failed for that. */
export async function refuseFullDisk(folder: string): Promise<void> {
  const facts = await statfs(folder).catch(() => null);
  if (facts !== null && facts.bavail * facts.bsize < NO_ROOM_BYTES) throw new DiskFullError();
}
