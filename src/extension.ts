import { commands, type ExtensionContext, ExtensionMode, window } from 'vscode';
import { sidebarViewId } from './manifest/manifest.ts';
import type { SidebarState } from './protocol/sidebar.ts';
import { registerCommands } from './vscode/commands.ts';
import { actOnCoverage } from './vscode/coverage/coverageDesk.ts';
import { showAgents } from './vscode/coverage/showAgents.ts';
import { DashboardPanel } from './vscode/dashboard/dashboardPanel.ts';
import { askAndDeleteData } from './vscode/deleteData.ts';
import { openSecurity, openWalkthrough } from './vscode/help.ts';
import { budgetToolParts, registerBudgetTool } from './vscode/languageModel/budgetTool.ts';
import { Notifier } from './vscode/notifier.ts';
import { writeSetting } from './vscode/settings.ts';
import type { SidebarRequest } from './vscode/sidebarMessages.ts';
import { SidebarView } from './vscode/sidebarView.ts';
import { StatusBar } from './vscode/statusBar.ts';
import { TaskSurfaces } from './vscode/tasks/taskSurfaces.ts';
import { openMeteredTerminal, openUnmeteredTerminal, relaunchTerminal } from './vscode/terminals/openTerminal.ts';
import { inspectionFor, type TestInspection } from './vscode/testInspection.ts';
import { TrialSurfaces } from './vscode/trials/trialSurfaces.ts';
import { WindowSession } from './vscode/windowSession.ts';

/** What this activation returns to other extensions: nothing, except inside Outlay's own in-host tests. */
export type OutlayExports = TestInspection | undefined;

export function activate(context: ExtensionContext): OutlayExports {
  const startMs = performance.now();
  const log = window.createOutputChannel('Outlay', { log: true });
  const notifier = new Notifier(log, context.globalState);
  const report = (error: unknown): void => void notifier.warn('failure', failureText(error));
  /** For commands, which the user is waiting for. */
  const refuse = (error: unknown): void => void notifier.refuse(failureText(error));

  const surfaces: { show(state: SidebarState): void }[] = [];
  const session = new WindowSession(context, { log, notifier }, (state) => {
    for (const surface of surfaces) surface.show(state);
  });
  const turn = (on: boolean) => writeSetting('outlay.enabled', on);
  const openUnmetered = () => openUnmeteredTerminal(session.terminals, session.launcherDir);

  const statusBar = new StatusBar();
  const sidebar = new SidebarView(context.extensionUri, session.state, (request) => {
    handleSidebar(request).catch(report);
  });
  const tasks = new TaskSurfaces(context, session, { log, onError: report });
  const dashboard = new DashboardPanel(context, {
    now: session.state,
    ask: (name, params) => session.askDashboard(name, params),
    retry: () => session.retry(),
    onError: report,
  });
  surfaces.push(statusBar, sidebar, tasks, dashboard);
  statusBar.show(session.state);
  context.subscriptions.push(registerBudgetTool(budgetToolParts(context, session)));

  async function handleSidebar(request: SidebarRequest): Promise<void> {
    switch (request.type) {
      case 'openTerminal':
        return void openMeteredTerminal();
      case 'showAgents':
        return showAgents(session.coverage());
      case 'relaunchTerminal': {
        const terminal = session.terminals.find(request.body.id);
        return terminal === undefined ? undefined : relaunchTerminal(terminal);
      }
      case 'retry':
        return session.retry();
      case 'turnOn':
        return turn(true);
      case 'showLog':
        return log.show();
      case 'newTask':
        return tasks.commands.newTask();
      case 'extendTask':
        return tasks.commands.extendTask(request.body.id, null);
      case 'setTaskBudget':
        return tasks.commands.setBudget(request.body.id);
      case 'coverage':
        return actOnCoverage(request.body.action);
      case 'openTaskTerminal':
        return tasks.commands.openTerminal(request.body.id);
    }
  }

  const registrations = registerCommands(
    {
      'outlay.openSidebar': () => commands.executeCommand(`${sidebarViewId}.focus`),
      'outlay.openDashboard': () => dashboard.open(),
      'outlay.openMeteredTerminal': openMeteredTerminal,
      'outlay.openUnmeteredTerminal': openUnmetered,
      'outlay.turnOn': () => turn(true),
      'outlay.turnOff': () => turn(false),
      'outlay.showAgents': () => showAgents(session.coverage()),
      'outlay.connectClineCli': () => session.cline.connect(),
      'outlay.disconnectClineCli': () => session.cline.disconnect(),
      'outlay.observeExtensions': () => session.observation.observe(),
      'outlay.stopObserving': () => session.observation.stop(),
      'outlay.openWalkthrough': openWalkthrough,
      'outlay.openSecurity': () => openSecurity(context.extensionUri),
      'outlay.importLogs': () => session.readLogs(false),
      'outlay.reconcileSession': () => session.reconciler.reconcile(),
      'outlay.deleteData': () => askAndDeleteData((beforeMs) => session.deleteData(beforeMs)),
      'outlay.restartMeter': () => session.restartMeter(),
      'outlay.showLog': () => log.show(),
      ...tasks.commands.handlers(),
    },
    (argument) => tasks.tree.lineOf(argument),
    refuse,
  );

  const trials = new TrialSurfaces(context, session.dataDir, {
    titleOfTask: (argument) => tasks.tree.lineOf(argument)?.label ?? null,
    onError: refuse,
  });

  context.subscriptions.push(log, statusBar, sidebar, tasks, dashboard, trials, session, registrations);
  const ready = session.start().catch(report);
  // Read by the bench: the time for which every other extension of this host had to wait.
  performance.measure('outlay.activate', { start: startMs });
  if (context.extensionMode !== ExtensionMode.Test) return undefined;
  return inspectionFor(context, { ready, session, statusBar, tasks, dashboard });
}

function failureText(error: unknown): string {
  return `Outlay: ${error instanceof Error ? error.message : String(error)}`;
}
