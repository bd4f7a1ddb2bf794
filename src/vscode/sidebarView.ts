import { randomBytes } from 'node:crypto';
import { Uri, type WebviewView, type WebviewViewProvider, window } from 'vscode';
import { type Disposable, DisposableList } from '../domain/disposable.ts';
import { sidebarViewId } from '../manifest/manifest.ts';
import type { Message, SidebarState, ToSidebar } from '../protocol/sidebar.ts';
import { LatestThrottle } from './latestThrottle.ts';
import { sidebarHtml } from './sidebarHtml.ts';
import { parseFromSidebar, type SidebarRequest } from './sidebarMessages.ts';

const POST_INTERVAL_MS = 250;

/** The view "Now". It gets whole states, at most four a second, none while it is hidden and one when it shows. */
export class SidebarView implements WebviewViewProvider, Disposable {
  readonly #extensionUri: Uri;
  readonly #onRequest: (request: SidebarRequest) => void;
  readonly #throttle: LatestThrottle<SidebarState>;
  readonly #registration: Disposable;
  #state: SidebarState;
  #view: WebviewView | null = null;

  constructor(extensionUri: Uri, state: SidebarState, onRequest: (request: SidebarRequest) => void) {
    this.#extensionUri = extensionUri;
    this.#state = state;
    this.#onRequest = onRequest;
    this.#throttle = new LatestThrottle(POST_INTERVAL_MS, (latest) => this.#post(latest));
    this.#registration = window.registerWebviewViewProvider(sidebarViewId, this);
  }

  get visible(): boolean {
    return this.#view?.visible ?? false;
  }

  show(state: SidebarState): void {
    this.#state = state;
    if (this.visible) this.#throttle.push(state);
  }

  resolveWebviewView(view: WebviewView): void {
    const root = (folder: string): Uri => Uri.joinPath(this.#extensionUri, folder);
    const asUri = (file: string): string => view.webview.asWebviewUri(Uri.joinPath(root('dist'), file)).toString();
    this.#view = view;
    const subscriptions = new DisposableList();
    subscriptions.push(view.webview.onDidReceiveMessage((value: unknown) => this.#receive(value)));
    subscriptions.push(
      view.onDidChangeVisibility(() => {
        if (view.visible) this.#throttle.push(this.#state);
      }),
    );
    view.onDidDispose(() => {
      subscriptions.dispose();
      if (this.#view === view) this.#view = null;
    });
    view.webview.options = { enableScripts: true, localResourceRoots: [root('dist'), root('media')] };
    view.webview.html = sidebarHtml({
      cspSource: view.webview.cspSource,
      nonce: randomBytes(16).toString('base64url'),
      scriptUri: asUri('sidebar.js'),
      styleUri: asUri('sidebar.css'),
    });
  }

  dispose(): void {
    this.#registration.dispose();
    this.#throttle.dispose();
  }

  #receive(value: unknown): void {
    const message = parseFromSidebar(value);
    if (message === null) return;
    if (message.type === 'ready') this.#throttle.push(this.#state);
    else this.#onRequest(message);
  }

  #post(state: SidebarState): void {
    const message: Message<ToSidebar> = { type: 'state', body: state };
    // A view that goes away while we post is no failure.
    if (this.visible) this.#view?.webview.postMessage(message).then(undefined, () => {});
  }
}
