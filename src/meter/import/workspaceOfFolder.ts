import { createHash } from 'node:crypto';

/** The workspace of calls of which nobody knows where they were made. */
const NO_FOLDER = 'no-folder';

/** The workspace that a window on exactly this folder has: the hash of the folder's address as the editor writes it. */
export function workspaceOfFolder(folder: string | null): string {
  if (folder === null) return NO_FOLDER;
  const digest = createHash('sha256').update(addressOf(folder)).digest('hex').slice(0, 16);
  return `ws-${digest}`;
}

function addressOf(folder: string): string {
  const trimmed = folder.length > 1 ? folder.replace(/[/\\]$/, '') : folder;
  // A share: its server is the host of the address.
  if (trimmed.startsWith('\\\\')) return `file:${encoded(trimmed.replaceAll('\\', '/'))}`;
  const drive = /^[A-Za-z]:/.exec(trimmed);
  if (drive === null) return `file://${encoded(trimmed)}`;
  const path = trimmed.replaceAll('\\', '/');
  return `file:///${encoded(path.charAt(0).toLowerCase() + path.slice(1))}`;
}

/** Everything but letters, digits, "-._~" and "/" is percent-encoded. */
function encoded(path: string): string {
  return path
    .split('/')
    .map((part) => encodeURIComponent(part).replace(/[!'()*]/g, hexOf))
    .join('/');
}

function hexOf(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
