import { createHash } from 'node:crypto';

/** A window's workspace, as the gateway's URLs name it. */
export interface WorkspaceIdentity {
  /** Stable over reloads and restarts; letters, digits and dashes. */
  readonly id: string;
  readonly title: string;
}

/**
 * Names a workspace by the hash of its address: of the saved workspace file, else of its folders in a fixed order. An unsaved
 * multi-folder workspace has a file too, but one whose name changes, so that it counts as its folders.
 */
export function workspaceIdentity(
  workspaceFile: string | null,
  folders: readonly { readonly uri: string; readonly name: string }[],
  name: string | null,
): WorkspaceIdentity {
  const saved = workspaceFile !== null && !workspaceFile.startsWith('untitled:') ? [workspaceFile] : null;
  const addresses = saved ?? folders.map(({ uri }) => uri).sort();
  if (addresses.length === 0) return { id: 'no-folder', title: 'No folder' };
  const digest = createHash('sha256').update(addresses.join('\n')).digest('hex').slice(0, 16);
  return { id: `ws-${digest}`, title: name ?? folders[0]?.name ?? 'Workspace' };
}
