import { hash } from 'node:crypto';

/** What a call of a log is known by: the provider's ids, or one of the agent's own. */
export type IdentityKind = 'response' | 'request' | 'own';

const idDigits = 32;

/** The row id of a call that logs tell of: the same key always comes to the same row, in whatever log and order it is met. */
export function identityOf(kind: IdentityKind, key: string): string {
  return hash('sha1', `${kind} ${key}`, 'hex').slice(0, idDigits);
}

/** The identity as the books keep it. */
export function identityBytes(id: string): Uint8Array {
  return Buffer.from(id, 'hex');
}
