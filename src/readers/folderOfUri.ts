import { fileURLToPath } from 'node:url';

/** The path of a "file:" URI, or null for anything else. */
export function folderOfUri(uri: string | null): string | null {
  if (uri === null || !uri.startsWith('file:')) return null;
  try {
    return fileURLToPath(uri);
  } catch {
    return null;
  }
}
