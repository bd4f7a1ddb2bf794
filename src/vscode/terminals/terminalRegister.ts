import { createHash } from 'node:crypto';
import type { MeterLock } from '../../protocol/control.ts';

/** A terminal as the register needs it. The process id stays the same when a window reloads and finds its terminals again. */
export interface SeenTerminal {
  readonly id: number;
  readonly name: string;
  readonly processId: number | null;
  /** Fingerprint of the address that it was seen to be opened with; null for a terminal that was there before. */
  readonly openedWith: string | null;
  /** Not a shell that could hold an agent, or one that was opened unmetered on purpose. */
  readonly exempt: boolean;
}

/** Process id -> fingerprint of the address that the terminal was opened with. Kept in the workspace's state; no token is in it. */
export type RememberedTerminals = Readonly<Record<string, string>>;

/** The address that new terminals are connected with, in a form that may be stored. */
export function addressFingerprint(lock: Pick<MeterLock, 'port' | 'token'>): string {
  return createHash('sha256').update(`${lock.port}/${lock.token}`).digest('hex').slice(0, 16);
}

/** The terminals that hold no address, or one that is no longer served. */
export function unmeteredTerminals(
  terminals: readonly SeenTerminal[],
  remembered: RememberedTerminals,
  fingerprint: string | null,
): readonly { readonly id: number; readonly name: string }[] {
  if (fingerprint === null) return [];
  return terminals
    .filter((terminal) => !terminal.exempt && addressOf(terminal, remembered) !== fingerprint)
    .map(({ id, name }) => ({ id, name }));
}

function addressOf({ openedWith, processId }: SeenTerminal, remembered: RememberedTerminals): string | null {
  if (openedWith !== null || processId === null) return openedWith;
  return remembered[processId] ?? null;
}

/** What to remember of the terminals that are open now; those that are gone are forgotten, for their process ids will be used again. */
export function rememberTerminals(
  terminals: readonly SeenTerminal[],
  remembered: RememberedTerminals,
): RememberedTerminals {
  const entries = terminals.flatMap((terminal): [string, string][] => {
    const address = addressOf(terminal, remembered);
    return terminal.processId === null || address === null ? [] : [[String(terminal.processId), address]];
  });
  return Object.fromEntries(entries);
}
