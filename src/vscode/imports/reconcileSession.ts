import { commands, EventEmitter, type TextDocumentContentProvider, Uri, workspace } from 'vscode';
import { type Disposable, DisposableList } from '../../domain/disposable.ts';
import type { SessionBothWays } from '../../domain/reconcile.ts';
import { reconcileReport } from '../../protocol/reconcileReport.ts';
import { shortenId, TimePrinter } from '../../protocol/shown.ts';
import { Dialogs } from '../dialogs.ts';
import type { AskMeter } from './readLogs.ts';

export const reconcileScheme = 'outlay-reconcile';

/** The command that sets a session's calls, as they passed, against those of its agent's log; shown as a table to read only. */
export class SessionReconciler implements TextDocumentContentProvider, Disposable {
  readonly #ask: AskMeter;
  readonly dialogs = new Dialogs();
  readonly #times: TimePrinter;
  readonly #subscriptions = new DisposableList();
  readonly #changed = this.#subscriptions.push(new EventEmitter<Uri>());
  readonly #texts = new Map<string, string>();

  readonly onDidChange = this.#changed.event;

  constructor(ask: AskMeter, times = new TimePrinter()) {
    this.#ask = ask;
    this.#times = times;
    this.#subscriptions.push(workspace.registerTextDocumentContentProvider(reconcileScheme, this));
  }

  /** @returns the address of the document that is shown; null where there is none, or the user changed their mind. */
  async reconcile(): Promise<Uri | null> {
    const { sessions } = await this.#ask('sessionsBothWays', {});
    if (sessions.length === 0) {
      await this.dialogs.ask('No session was seen both as it passed and in its agent’s log yet.');
      return null;
    }
    const nowMs = Date.now();
    const choices = sessions.map((value) => ({
      label: `${value.agent} ${shortenId(value.session)}`,
      description: `last call ${this.#times.print(value.lastCallAtMs, nowMs)}`,
      detail: `${value.callsBothWays} ${value.callsBothWays === 1 ? 'call' : 'calls'} seen both ways, session ${value.session}`,
      value,
    }));
    const picked = await this.dialogs.pick(
      'Reconcile a session with its log',
      'Wire against log, call by call',
      choices,
    );
    return picked === undefined ? null : this.#show(picked.value);
  }

  async #show(of: SessionBothWays): Promise<Uri> {
    const { calls } = await this.#ask('reconcile', { session: of.session });
    // The query tells sessions apart whose short names are the same.
    const name = `${of.agent} ${shortenId(of.session)}, wire against log.md`.replaceAll('/', '-');
    const uri = Uri.from({ scheme: reconcileScheme, path: `/${name}`, query: of.session });
    this.#texts.set(uri.toString(), reconcileReport(of, calls, this.#times));
    this.#changed.fire(uri);
    await commands.executeCommand('markdown.showPreview', uri);
    return uri;
  }

  provideTextDocumentContent(uri: Uri): string {
    return this.#texts.get(uri.toString()) ?? 'This belongs to an earlier window: run the command again.';
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }
}
