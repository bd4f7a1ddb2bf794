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
import { type TrialCommandId, trialsViewId } from '../../manifest/trialManifest.ts';
import type { TrialRecord } from '../../protocol/trials.ts';
import { type TrialNode, trialTreeNodes } from '../../protocol/trialTreeView.ts';
import { escapeMarkdown } from '../statusText.ts';

const SHOW_TRIAL: TrialCommandId = 'outlay.showTrial';
const SHOW_OUTPUT: TrialCommandId = 'outlay.showRunOutput';

/** The view "Trials". What its lines say is decided in `trialTreeNodes`. */
export class TrialTree implements TreeDataProvider<TrialNode>, Disposable {
  readonly #subscriptions = new DisposableList();
  readonly #changed = this.#subscriptions.push(new EventEmitter<undefined>());
  readonly #view: TreeView<TrialNode>;
  readonly #own = new WeakSet<TrialNode>();
  #nodes: readonly TrialNode[] = [];
  #drawn = '';

  readonly onDidChangeTreeData = this.#changed.event;

  constructor() {
    this.#view = this.#subscriptions.push(window.createTreeView(trialsViewId, { treeDataProvider: this }));
  }

  show(records: readonly TrialRecord[], nowMs: number): void {
    const nodes = trialTreeNodes(records, nowMs);
    const drawn = JSON.stringify(nodes);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#nodes = nodes;
    for (const node of nodes) for (const own of [node, ...node.children]) this.#own.add(own);
    this.#changed.fire(undefined);
  }

  /** The line that a command was run on: one of this tree's own, or the one that is selected. */
  lineOf(argument: unknown): TrialNode | null {
    const isOurs = typeof argument === 'object' && argument !== null && this.#own.has(argument as TrialNode);
    return isOurs ? (argument as TrialNode) : (this.#view.selection[0] ?? null);
  }

  /** Shows a trial that has just begun. */
  async reveal(id: string): Promise<void> {
    const node = this.#nodes.find((each) => each.id === id);
    if (node !== undefined) await this.#view.reveal(node, { expand: true, focus: false, select: false });
  }

  getChildren(node?: TrialNode): TrialNode[] {
    return [...(node === undefined ? this.#nodes : node.children)];
  }

  getParent(node: TrialNode): TrialNode | undefined {
    return node.run === null ? undefined : this.#nodes.find(({ id }) => id === node.trialId);
  }

  getTreeItem(node: TrialNode): TreeItem {
    const item = new TreeItem(node.label, collapsible(node));
    item.id = node.id;
    item.description = node.description;
    item.iconPath = new ThemeIcon(node.icon);
    item.contextValue = node.context;
    item.accessibilityInformation = { label: node.spoken };
    if (node.tooltip.length > 0) item.tooltip = new MarkdownString(node.tooltip.map(escapeMarkdown).join('\n\n'));
    if (node.run !== null && node.context.includes('output')) {
      item.command = { command: SHOW_OUTPUT, title: 'Show Output', arguments: [node] };
    } else if (node.run === null) {
      item.command = { command: SHOW_TRIAL, title: 'Show Results', arguments: [node] };
    }
    return item;
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }
}

function collapsible(node: TrialNode): TreeItemCollapsibleState {
  if (node.children.length === 0) return TreeItemCollapsibleState.None;
  return node.open ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed;
}
