import type { ExtensionContext } from 'vscode';
import type { DashboardState } from '../protocol/dashboard.ts';
import type { HostOrders } from '../protocol/hostFeed.ts';
import type { SidebarState } from '../protocol/sidebar.ts';
import type { BudgetPolicy } from '../protocol/tasks.ts';
import type { TaskNode } from '../protocol/taskTreeView.ts';
import type { DashboardPanel } from './dashboard/dashboardPanel.ts';
import type { DialogScript } from './dialogs.ts';
import { agentExtensions } from './inHost/agentExtensions.ts';
import type { StatusBar } from './statusBar.ts';
import { readPolicy } from './tasks/readPolicy.ts';
import type { TaskSurfaces } from './tasks/taskSurfaces.ts';
import { relaunchTerminal } from './terminals/openTerminal.ts';
import type { TaskScript, WindowSession } from './windowSession.ts';

/**
 * What the in-host tests look at. Only there is it handed out (`ExtensionMode.Test`), because the terminals' variables hold the gateway
 * token, which no other extension needs.
 */
export interface TestInspection {
  /** The first attempt to connect is over. */
  readonly ready: Promise<void>;
  state(): SidebarState;
  statusBarText(): string;
  terminalCollection(): {
    readonly persistent: boolean;
    readonly variables: Readonly<Record<string, { readonly value: string; readonly type: number }>>;
  };
  /** Waits until a change of settings has reached the meter and the terminals. */
  settled(): Promise<void>;
  deleteData(beforeMs: number | null): Promise<number>;
  /** What the sidebar's button does. */
  relaunch(terminalId: number): Promise<void>;
  /** Shows these tasks and answers for the meter; null gives the meter back its say. */
  scriptTasks(script: TaskScript | null): void;
  /** Answers what tasks ask the user. */
  scriptDialogs(script: DialogScript | null): void;
  /** The lines of the tree, as it was last drawn. */
  taskNodes(): readonly TaskNode[];
  /** Looks at the branches of tasks now. */
  lookAtBranches(): Promise<void>;
  currentBranch(): string | null;
  /** Calls of other extensions are observed. */
  observes(): boolean;
  /** What the meter told this window last of what must not leave. */
  orders(): HostOrders;
  /** Asks anew whether to observe, as if these agents' extensions were installed. */
  askToObserve(agentIds: readonly string[]): Promise<void>;
  /** Switches the observer itself, past the setting. */
  switchObserver(on: boolean): void;
  /** What the dashboard shows; null while it is closed. */
  dashboard(): DashboardState | null;
  /** What this window told of agents' logs, oldest first. */
  toldOfLogs(): readonly string[];
  /** The limits of the settings, as the meter is told of them. */
  policy(): BudgetPolicy;
}

export function inspectionFor(
  context: ExtensionContext,
  parts: {
    readonly ready: Promise<void>;
    readonly session: WindowSession;
    readonly statusBar: StatusBar;
    readonly tasks: TaskSurfaces;
    readonly dashboard: DashboardPanel;
  },
): TestInspection {
  const { session, statusBar, tasks } = parts;
  return {
    ready: parts.ready,
    state: () => session.state,
    statusBarText: () => statusBar.text,
    terminalCollection: () => {
      const collection = context.environmentVariableCollection;
      const variables: Record<string, { value: string; type: number }> = {};
      collection.forEach((name, { value, type }) => {
        variables[name] = { value, type };
      });
      return { persistent: collection.persistent, variables };
    },
    settled: () => session.refresh(),
    deleteData: (beforeMs) => session.deleteData(beforeMs),
    relaunch: async (terminalId) => {
      const terminal = session.terminals.find(terminalId);
      if (terminal !== undefined) await relaunchTerminal(terminal);
    },
    scriptTasks: (script) => session.scriptTasks(script),
    scriptDialogs: (script) => {
      tasks.dialogs.useScript(script);
      session.observation.dialogs.useScript(script);
      session.reconciler.dialogs.useScript(script);
    },
    taskNodes: () => tasks.tree.getChildren(),
    lookAtBranches: () => tasks.branches.look(),
    currentBranch: () => tasks.branches.currentBranch(),
    observes: () => session.observation.observer.isOn,
    orders: () => session.observation.observer.orders,
    askToObserve: async (ids) => {
      session.observation.findAgents = () => agentExtensions.filter(({ id }) => ids.includes(id));
      await session.observation.forgetAnswer();
      await session.refresh();
    },
    switchObserver: (on) => {
      const { observer } = session.observation;
      observer.follow(
        on ? { connection: null, workspaceId: session.workspaceId, ownHosts: new Set(), ignored: new Set() } : null,
      );
    },
    dashboard: () => parts.dashboard.state,
    toldOfLogs: () => session.toldOfLogs,
    policy: () => readPolicy(session.workspaceId),
  };
}
