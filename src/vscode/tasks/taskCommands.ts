import { workspace } from 'vscode';
import type { Outcome } from '../../domain/task.ts';
import { outcomes } from '../../domain/task.ts';
import { parseTitle } from '../../domain/taskTitle.ts';
import type { CommandId } from '../../manifest/manifest.ts';
import { activeTask } from '../../protocol/activeTaskView.ts';
import { limitsText, printShortAmount } from '../../protocol/limitView.ts';
import { taskStrings } from '../../protocol/taskStrings.ts';
import type { BudgetNews, TaskView } from '../../protocol/tasks.ts';
import { type TaskNode, taskLine } from '../../protocol/taskTreeView.ts';
import type { Dialogs } from '../dialogs.ts';
import { readSetting } from '../settings.ts';
import { limitsOf } from './budgetPolicy.ts';
import { askBudget } from './budgetPrompt.ts';
import { commonBranches } from './detectOutcome.ts';
import { askExtension } from './extendPrompt.ts';
import { runCheck } from './runCheck.ts';
import { BY_USER, findTask, type TaskDesk } from './taskDesk.ts';

export interface TaskCommandParts {
  readonly desk: TaskDesk;
  readonly dialogs: Dialogs;
  /** The branch that is checked out; null for none. */
  readonly currentBranch: () => string | null;
  /** @throws where terminals are not connected. */
  readonly openTerminal: (title: string, folder: string | null, baseUrls: Readonly<Record<string, string>>) => void;
  /** Check commands that the user wrote or agreed to in this workspace. */
  readonly knownChecks: { has(command: string): boolean; add(command: string): Promise<void> };
}

type Line = TaskNode | null;
type TaskAction = (view: TaskView) => Promise<unknown>;

/** What the commands about tasks do. Each works on the line that it was run on, else on the task that the user picks. */
export class TaskCommands {
  readonly #parts: TaskCommandParts;

  constructor(parts: TaskCommandParts) {
    this.#parts = parts;
  }

  /** One handler for each command of the manifest that is about tasks. */
  handlers() {
    const onOpen = (title: string, action: TaskAction) => (line: Line) => this.#onTask(line, title, 'open', action);
    const close = (outcome: Outcome) => onOpen(`Mark as ${outcome}`, (view) => this.#close(view, outcome));
    return {
      'outlay.newTask': () => this.newTask(),
      'outlay.activateTask': onOpen('Make Task Active', (view) => this.#activate(view.task.id)),
      'outlay.deactivateTask': () => this.#activate(null),
      'outlay.openTaskTerminal': onOpen('Open Terminal for Task', (view) => this.#openTerminal(view)),
      'outlay.setTaskBudget': onOpen('Set Budget', (view) => this.#setBudget(view)),
      'outlay.extendTask': onOpen('Extend Budget', (view) => this.#extend(view, null)),
      'outlay.closeTask': onOpen('Close Task', (view) => this.#closeAs(view)),
      'outlay.passTask': close('passed'),
      'outlay.failTask': close('failed'),
      'outlay.abandonTask': close('abandoned'),
      'outlay.confirmOutcome': (line: Line) =>
        this.#onTask(line, 'Confirm Outcome', 'any', (view) => this.#confirm(view)),
      'outlay.reopenTask': (line: Line) =>
        this.#onTask(line, 'Reopen Task', 'done', ({ task }) => this.#reopen(task.id)),
      'outlay.renameTask': (line: Line) => this.#onTask(line, 'Rename Task', 'any', (view) => this.#rename(view)),
      'outlay.deleteTask': (line: Line) => this.#onTask(line, 'Delete Task', 'any', (view) => this.#delete(view)),
      'outlay.moveSession': (line: Line) => this.#moveSession(line),
      'outlay.runTaskCheck': onOpen('Run Check Command', (view) => this.#runCheck(view)),
      'outlay.copyTaskUrls': onOpen('Copy Base URLs', (view) => this.#copyUrls(view)),
    } satisfies Partial<Record<CommandId, (line: Line) => Promise<unknown>>>;
  }

  async newTask(): Promise<void> {
    const { desk, dialogs } = this.#parts;
    const branch = this.#parts.currentBranch();
    const offered = branch !== null && commonBranches.every((name) => name !== branch) ? branch : null;
    const title = await this.#askTitle('New Task', offered ?? '');
    if (title === undefined) return;
    const budget = await askBudget(dialogs, {
      title: 'New Task: Budget',
      byDefault: limitsOf(readSetting('outlay.budget.default')),
      similar: desk.tasks().similar,
      mode: readSetting('outlay.budget.mode'),
      current: null,
    });
    if (budget === undefined) return;
    await desk.call('newTask', {
      title,
      workspaceId: desk.workspaceId,
      folder: workspace.workspaceFolders?.[0]?.uri.fsPath ?? null,
      branch,
      checkCommand: null,
      ...budget,
      countsSubscription: readSetting('outlay.budget.countSubscription'),
      activate: true,
      by: BY_USER,
    });
    dialogs.tell(`"${title}" is the active task: ${limitsText(budget.limits)}.`);
  }

  /** The command "Extend", for a limit that a notification or the sidebar named. */
  async extendTask(taskId: string, dimension: NonNullable<BudgetNews['extend']>['dimension'] | null): Promise<void> {
    await this.#extend(this.#find(taskId), dimension);
  }

  async setBudget(taskId: string): Promise<void> {
    await this.#setBudget(this.#find(taskId));
  }

  async openTerminal(taskId: string): Promise<void> {
    await this.#openTerminal(this.#find(taskId));
  }

  #find(taskId: string): TaskView {
    const view = findTask(this.#parts.desk, taskId);
    if (view === undefined) throw new Error('This task is not there any more.');
    return view;
  }

  async #onTask(line: Line, title: string, which: 'open' | 'done' | 'any', action: TaskAction): Promise<void> {
    const taskId = line === null || !('taskId' in line.subject) ? null : line.subject.taskId;
    const view = taskId === null ? await this.#pickTask(title, which) : this.#find(taskId);
    if (view !== undefined) await action(view);
  }

  /** The active task stands first. */
  async #pickTask(title: string, which: 'open' | 'done' | 'any'): Promise<TaskView | undefined> {
    const { desk, dialogs } = this.#parts;
    const active = activeTask(desk.tasks(), desk.workspaceId);
    const fitting = desk
      .tasks()
      .tasks.filter(({ task }) => which === 'any' || (task.state === 'open') === (which === 'open'));
    const isActive = (view: TaskView): number => (view.task.id === active?.task.id ? 0 : 1);
    const choices = [...fitting]
      .sort((a, b) => isActive(a) - isActive(b))
      .map((view) => ({ label: view.task.title, description: taskLine(view), value: view }));
    if (choices.length === 0) throw new Error(which === 'done' ? 'No task is done.' : 'There is no open task.');
    return (await dialogs.pick(title, 'Which task', choices))?.value;
  }

  async #askTitle(title: string, value: string): Promise<string | undefined> {
    const text = await this.#parts.dialogs.input({
      title,
      prompt: 'What is to be done. Agents do not see it, except in a refusal.',
      placeHolder: 'Fix login',
      value,
      check: (written) => {
        const parsed = parseTitle(written);
        return parsed.ok ? null : { severity: 'error', text: parsed.problem };
      },
    });
    const parsed = text === undefined ? null : parseTitle(text);
    return parsed?.ok === true ? parsed.title : undefined;
  }

  async #activate(id: string | null): Promise<void> {
    const { desk } = this.#parts;
    await desk.call('activateTask', { workspaceId: desk.workspaceId, id });
  }

  async #openTerminal({ task }: TaskView): Promise<void> {
    const { baseUrls } = await this.#parts.desk.call('showTask', { id: task.id });
    this.#parts.openTerminal(task.title, task.folder, baseUrls);
  }

  async #setBudget(view: TaskView): Promise<void> {
    const { desk, dialogs } = this.#parts;
    const budget = await askBudget(dialogs, {
      title: `Budget of "${view.task.title}"`,
      byDefault: limitsOf(readSetting('outlay.budget.default')),
      similar: desk.tasks().similar,
      mode: view.task.mode,
      current: view,
    });
    if (budget === undefined) return;
    await desk.call('changeTask', { id: view.task.id, by: BY_USER, ...budget });
  }

  async #extend(view: TaskView, dimension: Parameters<typeof askExtension>[2]): Promise<void> {
    const { desk, dialogs } = this.#parts;
    if (view.limits.length === 0) throw new Error(`"${view.task.title}" has no budget that could be extended.`);
    const extension = await askExtension(dialogs, view, dimension);
    if (extension === undefined) return;
    await desk.call('extendTask', { id: view.task.id, ...extension, by: BY_USER });
    dialogs.tell(`"${view.task.title}" was extended by ${printShortAmount(extension.dimension, extension.amount)}.`);
  }

  async #closeAs(view: TaskView): Promise<void> {
    const choices = outcomes.map((outcome) => ({ label: taskStrings.state[outcome], value: outcome }));
    const choice = await this.#parts.dialogs.pick(`Close "${view.task.title}"`, 'How it ended', choices);
    if (choice !== undefined) await this.#close(view, choice.value);
  }

  async #close(view: TaskView, outcome: Outcome): Promise<void> {
    const { desk, dialogs } = this.#parts;
    await desk.call('closeTask', { id: view.task.id, outcome, because: 'you', by: BY_USER });
    const atWork =
      view.agentsAtWork.length > 0 ? ' Calls that are in flight end by themselves and are booked to it.' : '';
    dialogs.tell(`"${view.task.title}" is marked as ${outcome}.${atWork}`);
  }

  async #confirm({ task }: TaskView): Promise<void> {
    const { proposal } = task;
    if (proposal === null) throw new Error(`No outcome is proposed for "${task.title}".`);
    const { outcome, because } = proposal;
    await this.#parts.desk.call('closeTask', { id: task.id, outcome, because, by: BY_USER });
  }

  async #reopen(id: string): Promise<void> {
    await this.#parts.desk.call('reopenTask', { id, by: BY_USER });
  }

  async #rename({ task }: TaskView): Promise<void> {
    const title = await this.#askTitle('Rename Task', task.title);
    if (title === undefined || title === task.title) return;
    await this.#parts.desk.call('changeTask', { id: task.id, by: BY_USER, title });
  }

  async #delete(view: TaskView): Promise<void> {
    const { desk, dialogs } = this.#parts;
    const { task } = view;
    const isActive = activeTask(desk.tasks(), desk.workspaceId)?.task.id === task.id;
    const detail = [
      `Its ${taskStrings.calls(view.calls)} stay in the books and then belong to no task.`,
      'Its title, budget, outcome and history are deleted. This cannot be undone.',
      ...(isActive ? ['It is the active task: sessions that start afterwards belong to no task.'] : []),
      ...(view.agentsAtWork.length > 0 ? [`${view.agentsAtWork.join(', ')} at work on it: without its budget.`] : []),
    ].join(' ');
    if (await dialogs.confirm(`Delete the task "${task.title}"?`, detail, 'Delete')) {
      await desk.call('deleteTask', { id: task.id });
    }
  }

  async #moveSession(line: Line): Promise<void> {
    const { desk, dialogs } = this.#parts;
    const subject = line?.subject.kind === 'session' ? line.subject : await this.#pickSession();
    if (subject === undefined) return;
    const { session, taskId } = subject;
    const choices: { label: string; description: string; value: string | null }[] = desk
      .tasks()
      .tasks.filter(({ task }) => task.id !== taskId)
      .map((view) => ({ label: view.task.title, description: taskLine(view), value: view.task.id }));
    if (taskId !== null) choices.push({ label: 'No task', description: 'take it out of its task', value: null });
    if (choices.length === 0) throw new Error('There is no task that the session could be moved to.');
    const choice = await dialogs.pick('Move Session to Task', 'Which task; its spend moves with it', choices);
    if (choice === undefined) return;
    const { moved } = await desk.call('assignSession', { session, id: choice.value, by: BY_USER });
    dialogs.tell(`Moved ${taskStrings.calls(moved)}.`);
  }

  async #pickSession(): Promise<{ readonly session: string; readonly taskId: string | null } | undefined> {
    const { unassigned, tasks } = this.#parts.desk.tasks();
    const choices = [
      ...unassigned.map(({ session, agent }) => ({ session, agent, taskId: null, title: 'no task' })),
      ...tasks.flatMap((view) =>
        view.sessions.map(({ session, agent }) => ({ session, agent, taskId: view.task.id, title: view.task.title })),
      ),
    ].map(({ session, agent, taskId, title }) => ({
      label: taskStrings.session(agent, session),
      description: title,
      value: { session, taskId },
    }));
    if (choices.length === 0) throw new Error('There is no session yet.');
    return (await this.#parts.dialogs.pick('Move Session to Task', 'Which session', choices))?.value;
  }

  /** Runs the command by which the user knows whether the work is done, and proposes what came of it. */
  async #runCheck(view: TaskView): Promise<void> {
    const { desk, dialogs } = this.#parts;
    if (!workspace.isTrusted) throw new Error('Check commands run in trusted workspaces only.');
    const { id, title, folder } = view.task;
    const command = view.task.checkCommand ?? (await this.#askCheck(view));
    if (command === undefined || !(await this.#mayRun(command))) return;
    const exitCode = await runCheck(title, command, folder);
    if (exitCode === null) return;
    const outcome = exitCode === 0 ? 'passed' : 'failed';
    await desk.call('proposeOutcome', { id, outcome, because: `check command "${command}" ended with ${exitCode}` });
    dialogs.tell(`Confirm in the view Tasks that "${title}" ${outcome}.`);
  }

  async #askCheck({ task }: TaskView): Promise<string | undefined> {
    const command = await this.#parts.dialogs.input({
      title: `Check of "${task.title}"`,
      prompt: 'A command that ends with 0 when the work is done. It runs in a terminal, only when you say so.',
      placeHolder: 'npm test',
      check: (text) => (text.trim() === '' ? { severity: 'error', text: 'Write a command.' } : null),
    });
    if (command === undefined) return undefined;
    await this.#parts.knownChecks.add(command);
    await this.#parts.desk.call('changeTask', { id: task.id, by: BY_USER, checkCommand: command });
    return command;
  }

  /** A command that somebody else gave the task, for example an agent through the command line, is shown before it runs. */
  async #mayRun(command: string): Promise<boolean> {
    const { knownChecks, dialogs } = this.#parts;
    if (knownChecks.has(command)) return true;
    const isFine = await dialogs.confirm(
      'Run this check command?',
      `It was not written in this window: ${command}`,
      'Run',
    );
    if (isFine) await knownChecks.add(command);
    return isFine;
  }

  async #copyUrls({ task }: TaskView): Promise<void> {
    const { dialogs, desk } = this.#parts;
    const { baseUrls } = await desk.call('showTask', { id: task.id });
    await dialogs.copy(
      Object.entries(baseUrls)
        .map(([route, url]) => `${route} ${url}`)
        .join('\n'),
    );
    dialogs.tell(`The base URLs of "${task.title}" are in the clipboard. They hold the gateway token.`);
  }
}
