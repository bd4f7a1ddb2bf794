import type { EnvironmentVariableCollection } from 'vscode';
import type { VariableChange } from '../../agents/noProxy.ts';

/** The part of the editor's collection that is written. */
export type TerminalCollection = Pick<
  EnvironmentVariableCollection,
  'persistent' | 'description' | 'replace' | 'append' | 'prepend' | 'delete' | 'forEach'
>;

const DESCRIPTION = 'Outlay meters the coding agents of this terminal.';

/**
 * Makes the collection equal to the plan and writes only what differs: the editor asks the user to relaunch terminals at each write.
 * Not persistent, because a window must not open terminals with an address before it knows that somebody listens there.
 *
 * @returns whether anything was written.
 */
export function applyTerminalPlan(
  collection: TerminalCollection,
  changes: ReadonlyMap<string, VariableChange>,
): boolean {
  if (collection.persistent) collection.persistent = false;
  const present = new Map<string, string>();
  collection.forEach((name, mutator) => {
    present.set(name, mutator.value);
  });
  let written = false;
  for (const name of present.keys()) {
    if (changes.has(name)) continue;
    collection.delete(name);
    written = true;
  }
  for (const [name, change] of changes) {
    if (present.get(name) === change.value) continue;
    write(collection, name, change);
    written = true;
  }
  const description = changes.size === 0 ? undefined : DESCRIPTION;
  if (collection.description !== description) collection.description = description;
  return written;
}

function write(collection: TerminalCollection, name: string, change: VariableChange): void {
  // At process creation only: what the user's shell start-up files set afterwards stays.
  const atCreation = { applyAtProcessCreation: true };
  switch (change.kind) {
    case 'replace':
      collection.replace(name, change.value, atCreation);
      break;
    case 'append':
      collection.append(name, change.value, atCreation);
      break;
    case 'prependPath':
      collection.prepend(name, change.value, { ...atCreation, applyAtShellIntegration: true });
      break;
  }
}
