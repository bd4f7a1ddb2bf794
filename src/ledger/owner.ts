import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** Who has a row in flight: a process of one boot of this machine. */
export interface Owner {
  readonly pid: number;
  readonly bootId: string;
}

export function thisProcess(): Owner {
  return { pid: process.pid, bootId: bootIdOf() };
}

/**
 * Whether the process that began a row may still finish it. Our own pid counts as dead: rows are swept before this process has
 * begun any, so a row that carries it is from an earlier process with the same number (as in a container).
 */
export function ownerAlive(owner: Owner): boolean {
  if (owner.bootId !== bootIdOf() || owner.pid === process.pid) return false;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** The kernel's boot id, or elsewhere the minute of the boot, which a clock change may shift: rows are then swept early, and booked again when they finish. */
function bootIdOf(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return `boot-${Math.round((Date.now() / 1000 - uptime()) / 60)}`;
  }
}
