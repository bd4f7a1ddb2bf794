import { commands } from 'vscode';
import { type Disposable, DisposableList } from '../domain/disposable.ts';
import type { CommandId, ContextKeys } from '../manifest/manifest.ts';

/** One handler for each command of the manifest: a missing or unknown one does not compile. */
export type CommandHandlers = { readonly [Id in CommandId]: () => unknown };

/** @param onError told about a handler that failed, so that no command fails in silence. */
export function registerCommands(handlers: CommandHandlers, onError: (error: unknown) => void): Disposable {
  const registrations = new DisposableList();
  for (const [id, handler] of Object.entries(handlers)) {
    // Arguments are dropped: links and key bindings of others could pass some.
    const run = async (): Promise<void> => {
      try {
        await handler();
      } catch (error) {
        onError(error);
      }
    };
    registrations.push(commands.registerCommand(id, run));
  }
  return registrations;
}

export async function setContextKey<K extends keyof ContextKeys>(key: K, value: ContextKeys[K]): Promise<void> {
  await commands.executeCommand('setContext', key, value);
}
