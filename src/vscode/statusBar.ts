import { MarkdownString, StatusBarAlignment, ThemeColor, window } from 'vscode';
import type { Disposable } from '../domain/disposable.ts';
import type { CommandId } from '../manifest/manifest.ts';
import type { SidebarState } from '../protocol/sidebar.ts';
import { type StatusText, statusText } from './statusText.ts';

const SHOW_SIDEBAR: CommandId = 'outlay.openSidebar';
const COMPARE: CommandId = 'outlay.openDashboard';

/** The one item of Outlay in the status bar. It is written only when its content changed. */
export class StatusBar implements Disposable {
  readonly #item = window.createStatusBarItem('outlay.today', StatusBarAlignment.Left, 50);
  #shown: StatusText | null = null;

  constructor() {
    this.#item.name = 'Outlay';
    this.#item.command = SHOW_SIDEBAR;
  }

  get text(): string {
    return this.#item.text;
  }

  show(state: SidebarState): void {
    const next = statusText(state);
    const shown = this.#shown;
    if (shown?.text === next.text && shown.hover === next.hover && shown.isWarning === next.isWarning) return;
    this.#shown = next;
    this.#item.text = next.text;
    this.#item.tooltip = hoverOf(next.hover);
    this.#item.backgroundColor = next.isWarning ? new ThemeColor('statusBarItem.warningBackground') : undefined;
    this.#item.accessibilityInformation = { label: `Outlay: ${next.text}` };
    this.#item.show();
  }

  dispose(): void {
    this.#item.dispose();
  }
}

/** The only command that a link in it can run is the one of the link under it. */
function hoverOf(text: string): MarkdownString {
  const hover = new MarkdownString(`${text}\n\n[Compare models](command:${COMPARE})`);
  hover.isTrusted = { enabledCommands: [COMPARE] };
  return hover;
}
