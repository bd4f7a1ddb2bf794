import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { commands, type ExtensionContext, Uri, ViewColumn, type WebviewPanel, window, workspace } from 'vscode';
import { type Disposable, DisposableList } from '../../domain/disposable.ts';
import { type CommandId, dashboardPanelId } from '../../manifest/manifest.ts';
import type { TrialCommandId } from '../../manifest/trialManifest.ts';
import {
  type DashboardState,
  defaultDashboardQuery,
  type FromDashboard,
  type ToDashboard,
} from '../../protocol/dashboard.ts';
import type { Message, SidebarState } from '../../protocol/sidebar.ts';
import { LatestThrottle } from '../latestThrottle.ts';
import { sidebarHtml } from '../sidebarHtml.ts';
import { DashboardDesk, type DashboardDeskParts } from './dashboardDesk.ts';
import { parseFromDashboard } from './dashboardMessages.ts';
import { exportFileName } from './exportFileName.ts';

const POST_INTERVAL_MS = 250;
const ASK_INTERVAL_MS = 250;
const TITLE = 'Outlay: Compare Models';

/**
 * The panel that compares models, at most one in a window. The editor brings it back after a reload; what the user had chosen is in the
 * page's own state. It gets whole states, none while it is hidden and one when it shows.
 */
export class DashboardPanel implements Disposable {
  readonly #extensionUri: Uri;
  readonly #ask: DashboardDeskParts['ask'];
  readonly #retry: () => Promise<void>;
  readonly #onError: (error: unknown) => void;
  readonly #registration: Disposable;
  #now: SidebarState;
  #open: OpenPanel | null = null;

  constructor(
    context: ExtensionContext,
    parts: {
      readonly now: SidebarState;
      readonly ask: DashboardDeskParts['ask'];
      /** Looks for the meter again, or starts it. */
      readonly retry: () => Promise<void>;
      readonly onError: (error: unknown) => void;
    },
  ) {
    this.#extensionUri = context.extensionUri;
    this.#ask = parts.ask;
    this.#retry = parts.retry;
    this.#onError = parts.onError;
    this.#now = parts.now;
    this.#registration = window.registerWebviewPanelSerializer(dashboardPanelId, {
      deserializeWebviewPanel: async (panel) => this.#adopt(panel),
    });
  }

  /** Shows the panel, in place of opening a second one. */
  open(): void {
    if (this.#open !== null) this.#open.panel.reveal();
    else this.#adopt(window.createWebviewPanel(dashboardPanelId, TITLE, ViewColumn.Active));
  }

  /** A surface of the window, as the sidebar is. */
  show(state: SidebarState): void {
    this.#now = state;
    this.#open?.desk.show(state);
  }

  /** For tests: what the panel shows; null while it is closed. */
  get state(): DashboardState | null {
    return this.#open?.desk.state ?? null;
  }

  dispose(): void {
    this.#registration.dispose();
    this.#open?.panel.dispose();
  }

  #adopt(panel: WebviewPanel): void {
    this.#open?.panel.dispose();
    const subscriptions = new DisposableList();
    const throttle = subscriptions.push(
      new LatestThrottle<DashboardState>(POST_INTERVAL_MS, (state) => {
        const message: Message<ToDashboard> = { type: 'state', body: state };
        // A panel that goes away while we post is no failure.
        if (panel.visible) panel.webview.postMessage(message).then(undefined, () => {});
      }),
    );
    const desk = subscriptions.push(
      new DashboardDesk(defaultDashboardQuery, {
        ask: this.#ask,
        wait: () => delay(ASK_INTERVAL_MS),
        onChange: (state) => {
          if (panel.visible) throttle.push(state);
        },
      }),
    );
    const open = { panel, desk };
    this.#open = open;
    subscriptions.push(
      panel.webview.onDidReceiveMessage((value: unknown) => {
        const message = parseFromDashboard(value);
        if (message !== null) this.#receive(message, open).catch(this.#onError);
      }),
    );
    subscriptions.push(
      panel.onDidChangeViewState(() => {
        if (panel.visible) throttle.push(desk.state);
      }),
    );
    panel.onDidDispose(() => {
      subscriptions.dispose();
      if (this.#open === open) this.#open = null;
    });
    this.#fill(panel);
  }

  #fill(panel: WebviewPanel): void {
    const root = (folder: string): Uri => Uri.joinPath(this.#extensionUri, folder);
    const asUri = (file: string): string => panel.webview.asWebviewUri(Uri.joinPath(root('dist'), file)).toString();
    panel.iconPath = Uri.joinPath(root('media'), 'outlay.svg');
    panel.webview.options = { enableScripts: true, localResourceRoots: [root('dist')] };
    panel.webview.html = sidebarHtml({
      cspSource: panel.webview.cspSource,
      nonce: randomBytes(16).toString('base64url'),
      scriptUri: asUri('dashboard.js'),
      styleUri: asUri('dashboard.css'),
      title: TITLE,
    });
  }

  async #receive(message: Message<FromDashboard>, { desk }: OpenPanel): Promise<void> {
    switch (message.type) {
      case 'ready':
        // A page that comes back may have been left with other choices than this desk knows.
        desk.refresh(message.body.query);
        return desk.show(this.#now);
      case 'query':
        return desk.refresh(message.body.query);
      case 'refresh':
        return desk.refresh(undefined, true);
      case 'cancel':
        return desk.cancel();
      case 'retry':
        await this.#retry();
        return desk.refresh();
      case 'turnOn':
        return run('outlay.turnOn');
      case 'openTerminal':
        return run('outlay.openMeteredTerminal');
      case 'newTask':
        return run('outlay.newTask');
      case 'newTrial':
        return run('outlay.compareModels');
      case 'removeImport':
        return desk.removeImport(message.body.name);
      case 'exportFile':
        return saveExport(message.body);
    }
  }
}

interface OpenPanel {
  readonly panel: WebviewPanel;
  readonly desk: DashboardDesk;
}

async function run(command: CommandId | TrialCommandId): Promise<void> {
  await commands.executeCommand(command);
}

/** Asks where, beginning in the folder that is open; nothing is written where the user gives none. */
async function saveExport({ name, kind, content }: FromDashboard['exportFile']): Promise<void> {
  const file = exportFileName(name, kind);
  const [folder] = workspace.workspaceFolders ?? [];
  const target = await window.showSaveDialog({
    ...(folder === undefined ? {} : { defaultUri: Uri.joinPath(folder.uri, file) }),
    filters: kind === 'png' ? { Picture: ['png'] } : { Table: ['csv'] },
    title: kind === 'png' ? 'Save the chart' : 'Save the table',
  });
  if (target === undefined) return;
  await workspace.fs.writeFile(target, Buffer.from(content, kind === 'png' ? 'base64' : 'utf8'));
}
