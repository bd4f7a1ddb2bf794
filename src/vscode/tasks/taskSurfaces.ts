import type { ExtensionContext, LogOutputChannel } from 'vscode';
import { type Disposable, DisposableList } from '../../domain/disposable.ts';
import type { SidebarState } from '../../protocol/sidebar.ts';
import { Dialogs } from '../dialogs.ts';
import { openTaskTerminal } from '../terminals/openTerminal.ts';
import type { WindowSession } from '../windowSession.ts';
import { BranchWatch } from './branchWatch.ts';
import { BudgetNotifier } from './budgetNotifier.ts';
import { TaskCommands } from './taskCommands.ts';
import { TaskTree } from './taskTree.ts';

const CHECKS_KEY = 'checkCommands';
const MOST_CHECKS = 50;

/** All that a window has about tasks: their tree, their commands, what it tells of budgets, and the branches that it follows. */
export class TaskSurfaces implements Disposable {
  readonly #subscriptions = new DisposableList();
  readonly dialogs = new Dialogs();
  readonly tree = this.#subscriptions.push(new TaskTree());
  readonly branches: BranchWatch;
  readonly commands: TaskCommands;
  readonly #notifier: BudgetNotifier;

  constructor(
    context: ExtensionContext,
    session: WindowSession,
    tell: { readonly log: LogOutputChannel; readonly onError: (error: unknown) => void },
  ) {
    const { workspaceState, globalState } = context;
    const { dialogs } = this;
    this.branches = this.#subscriptions.push(
      new BranchWatch({
        desk: session,
        memory: workspaceState,
        log: (sentence) => tell.log.info(sentence),
      }),
    );
    const checks = (): readonly string[] => workspaceState.get<readonly string[]>(CHECKS_KEY, []);
    this.commands = new TaskCommands({
      desk: session,
      dialogs,
      currentBranch: () => this.branches.currentBranch(),
      openTerminal: (title, folder, baseUrls) => openTaskTerminal(session.terminals, { title, folder }, baseUrls),
      knownChecks: {
        has: (command) => checks().includes(command),
        add: async (command) => workspaceState.update(CHECKS_KEY, [...checks(), command].slice(-MOST_CHECKS)),
      },
    });
    this.#notifier = new BudgetNotifier({
      desk: session,
      dialogs,
      told: workspaceState,
      silenced: globalState,
      log: (sentence) => tell.log.warn(sentence),
      onError: tell.onError,
      extend: ({ taskId, dimension }) => this.commands.extendTask(taskId, dimension),
    });
    this.branches.start().catch(tell.onError);
  }

  show(state: SidebarState): void {
    this.tree.show(state);
    this.#notifier.show(state);
    this.branches.tasksChanged();
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }
}
