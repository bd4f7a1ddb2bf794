import { createHmac } from 'node:crypto';

/**
 * The token of base URLs that stand on a command line, which every user of a machine may read (Codex takes its base URL no other way).
 * It follows from the gateway token, so that a restart keeps it, and does not lead back to it.
 */
export function commandLineToken(token: string): string {
  return createHmac('sha256', token).update('outlay: for a command line').digest('base64url');
}
