import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { EventEmitter, type TextDocumentContentProvider, Uri, workspace } from 'vscode';
import { type Disposable, DisposableList } from '../../domain/disposable.ts';

export const trialScheme = 'outlay-trial';

const MAX_FILE_BYTES = 32 * 1024 * 1024;

/** What a document of a trial is made of. */
type Source =
  | { readonly kind: 'text'; readonly text: string }
  /** A file of a commit. */
  | { readonly kind: 'blob'; readonly repository: string; readonly commit: string; readonly path: string }
  | { readonly kind: 'file'; readonly path: string };

/** Documents of trials, to read only: results, outputs, and both sides of a run's changes. */
export class TrialDocuments implements TextDocumentContentProvider, Disposable {
  readonly #subscriptions = new DisposableList();
  readonly #changed = this.#subscriptions.push(new EventEmitter<Uri>());
  readonly #sources = new Map<string, Source>();

  readonly onDidChange = this.#changed.event;

  constructor() {
    this.#subscriptions.push(workspace.registerTextDocumentContentProvider(trialScheme, this));
  }

  /** The address of a document, whose name decides its language; `side` tells two of one name apart. An open one is read again. */
  uriOf(name: string, source: Source, side = ''): Uri {
    const uri = Uri.from({ scheme: trialScheme, path: `/${name}`, query: side });
    this.#sources.set(uri.toString(), source);
    this.#changed.fire(uri);
    return uri;
  }

  provideTextDocumentContent(uri: Uri): Promise<string> | string {
    const source = this.#sources.get(uri.toString());
    if (source === undefined)
      return 'This belongs to a trial of an earlier window; open it again from the view "Trials".';
    switch (source.kind) {
      case 'text':
        return source.text;
      case 'file':
        return readFile(source.path, 'utf8').catch((error: Error) => `It cannot be read: ${error.message}`);
      case 'blob':
        return readBlob(source.repository, source.commit, source.path);
    }
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }
}

function readBlob(repository: string, commit: string, path: string): Promise<string> {
  const args = ['--git-dir', repository, 'cat-file', 'blob', `${commit}:${path}`];
  return new Promise((resolve) => {
    execFile('git', args, { maxBuffer: MAX_FILE_BYTES, windowsHide: true }, (error, stdout) =>
      resolve(error === null ? stdout : `It cannot be read: ${error.message}`),
    );
  });
}
