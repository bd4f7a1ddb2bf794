import { join } from 'node:path';
import { commands, type ExtensionContext } from 'vscode';
import { systemClock } from '../../domain/clock.ts';
import { type Disposable, DisposableList } from '../../domain/disposable.ts';
import { plainText } from '../../domain/plainText.ts';
import { Dialogs } from '../dialogs.ts';
import { TrialCommands } from './trialCommands.ts';
import { TrialDocuments } from './trialDocuments.ts';
import { TrialProgram } from './trialProgram.ts';
import { TrialRecords } from './trialRecords.ts';
import { TrialTree } from './trialTree.ts';

/** All that a window has about trials: their tree, their commands and their documents. */
export class TrialSurfaces implements Disposable {
  readonly #subscriptions = new DisposableList();

  /** @param titleOfTask the title of a task whose line in another tree a command was run on. */
  constructor(
    context: ExtensionContext,
    dataDir: string,
    {
      titleOfTask,
      onError,
    }: { readonly titleOfTask: (argument: unknown) => string | null; readonly onError: (error: unknown) => void },
  ) {
    const tree = this.#subscriptions.push(new TrialTree());
    const records = this.#subscriptions.push(new TrialRecords(dataDir, (all) => tree.show(all, systemClock.nowMs())));
    const documents = this.#subscriptions.push(new TrialDocuments());
    const program = new TrialProgram(context.asAbsolutePath(join('dist', 'cli.js')), dataDir);
    const desk = { program, records, documents, dialogs: new Dialogs(), reveal: (id: string) => tree.reveal(id) };
    for (const [id, handler] of Object.entries(new TrialCommands(desk).handlers())) {
      const run = (argument?: unknown): Promise<unknown> =>
        handler(tree.lineOf(argument), titleOfTask(argument)).catch((error: unknown) =>
          // What went wrong may be told in the words of a suite of the repository.
          onError(new Error(plainText(error instanceof Error ? error.message : String(error)))),
        );
      this.#subscriptions.push(commands.registerCommand(id, run));
    }
    // What a killed trial left is cleaned up; nothing is started where there was never one.
    void records.refresh().then((all) => {
      if (all.some(({ state }) => state !== 'ended')) return program.ask(['list'], dataDir);
      return undefined;
    });
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }
}
