import { commands } from 'vscode';
import { type Disposable, DisposableList } from '../domain/disposable.ts';
import type { CommandId, ContextKeys } from '../manifest/manifest.ts';

/** One handler for each command of the manifest: a missing or unknown one does not compile. */
export type CommandHandlers<Line> = { readonly [Id in CommandId]: (line: Line | null) => unknown };

/**
 * @param lineOf the line of a tree that a command was run on. Links and key bindings of others can pass anything: what it does not
 *   know is dropped.
 * @param onError told about a handler that failed, so that no command fails in silence.
 */
export function registerCommands<Line>(
  handlers: CommandHandlers<Line>,
  lineOf: (argument: unknown) => Line | null,
  onError: (error: unknown) => void,
): Disposable {
  const registrations = new DisposableList();
  for (const [id, handler] of Object.entries<(line: Line | null) => unknown>(handlers)) {
    const run = async (argument?: unknown): Promise<void> => {
      try {
        await handler(lineOf(argument));
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
