import { hash } from 'node:crypto';

/** What a call of a log is known by: the provider's ids, or one of the agent's own. */
export type IdentityKind = 'response' | 'request' | 'own';

const idBytes = 16;

/** The row id of a call that logs tell of: the same key always comes to the same row, in whatever log and order it is met. */
export function identityOf(kind: IdentityKind, key: string): Uint8Array {
  return hash('sha1', `${kind} ${key}`, 'buffer').subarray(0, idBytes);
}
