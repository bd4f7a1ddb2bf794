import {
  EventEmitter,
  MarkdownString,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeView,
  window,
} from 'vscode';
import { type Disposable, DisposableList } from '../../domain/disposable.ts';
import type { CommandId } from '../../manifest/manifest.ts';
import { tasksViewId } from '../../manifest/manifest.ts';
import { TimePrinter } from '../../protocol/shown.ts';
import type { SidebarState } from '../../protocol/sidebar.ts';
import { type TaskNode, taskTreeNodes } from '../../protocol/taskTreeView.ts';
import { LatestThrottle } from '../latestThrottle.ts';
import { escapeMarkdown } from '../statusText.ts';

/** A tree of the editor redraws all it shows at each change: once a second is live enough. */
const DRAW_INTERVAL_MS = 1_000;
const CONFIRM: CommandId = 'outlay.confirmOutcome';

/** The view "Tasks". What its lines say is decided in `taskTreeNodes`; it is drawn again only when they say something else. */
export class TaskTree implements TreeDataProvider<TaskNode>, Disposable {
  readonly #subscriptions = new DisposableList();
  readonly #changed = this.#subscriptions.push(new EventEmitter<undefined>());
  readonly #throttle: LatestThrottle<SidebarState>;
  readonly #view: TreeView<TaskNode>;
  readonly #times = new TimePrinter();
  readonly #own = new WeakSet<TaskNode>();
  #nodes: readonly TaskNode[] = [];
  #drawn = '';

  readonly onDidChangeTreeData = this.#changed.event;

  constructor() {
    this.#throttle = this.#subscriptions.push(new LatestThrottle(DRAW_INTERVAL_MS, (state) => this.#draw(state)));
    this.#view = this.#subscriptions.push(window.createTreeView(tasksViewId, { treeDataProvider: this }));
  }

  get nodes(): readonly TaskNode[] {
    return this.#nodes;
  }

  show(state: SidebarState): void {
    this.#throttle.push(state);
  }

  /** The line that a command was run on: one of this tree's own, or the one that has the focus. Anything else is nobody's. */
  lineOf(argument: unknown): TaskNode | null {
    if (argument === 'selection') return this.#view.selection[0] ?? null;
    const isOurs = typeof argument === 'object' && argument !== null && this.#own.has(argument as TaskNode);
    return isOurs ? (argument as TaskNode) : null;
  }

  getChildren(node?: TaskNode): TaskNode[] {
    return [...(node === undefined ? this.#nodes : node.children)];
  }

  getTreeItem(node: TaskNode): TreeItem {
    const item = new TreeItem(node.label, collapsible(node));
    item.id = node.id;
    item.description = node.description;
    item.iconPath = new ThemeIcon(node.icon);
    item.contextValue = node.context;
    item.accessibilityInformation = { label: node.spoken };
    if (node.tooltip.length > 0) item.tooltip = new MarkdownString(node.tooltip.map(escapeMarkdown).join('\n\n'));
    if (node.subject.kind === 'proposal') {
      item.command = { command: CONFIRM, title: 'Confirm Outcome', arguments: [node] };
    }
    return item;
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  #draw(state: SidebarState): void {
    const { snapshot } = state;
    const message = state.meter === 'running' ? '' : state.meterText;
    if ((this.#view.message ?? '') !== message) this.#view.message = message;
    const nodes =
      snapshot === null
        ? []
        : taskTreeNodes(snapshot.tasks, {
            workspaceId: state.workspaceId,
            nowMs: snapshot.generatedAtMs,
            times: this.#times,
          });
    const drawn = JSON.stringify(nodes);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#nodes = nodes;
    this.#know(nodes);
    this.#changed.fire(undefined);
  }

  #know(nodes: readonly TaskNode[]): void {
    for (const node of nodes) {
      this.#own.add(node);
      this.#know(node.children);
    }
  }
}

function collapsible(node: TaskNode): TreeItemCollapsibleState {
  if (node.children.length === 0) return TreeItemCollapsibleState.None;
  return node.open ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed;
}
