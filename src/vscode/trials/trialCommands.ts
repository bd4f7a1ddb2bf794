import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commands, ProgressLocation, Uri, ViewColumn, window, workspace } from 'vscode';
import { printUsd } from '../../domain/format.ts';
import { plainText } from '../../domain/plainText.ts';
import type { TrialCommandId } from '../../manifest/trialManifest.ts';
import { trialReport } from '../../protocol/trialReport.ts';
import type { FoundSuite, ProposedTask, SuiteCheck, TrialLook, TrialRecord } from '../../protocol/trials.ts';
import type { TrialNode } from '../../protocol/trialTreeView.ts';
import type { Dialogs } from '../dialogs.ts';
import { askForSuite, askTrial, modelWord, suiteText, type TrialChoices } from './askTrial.ts';
import { acceptSuite, confirmTrial } from './confirmTrial.ts';
import type { TrialDocuments } from './trialDocuments.ts';
import type { TrialProgram } from './trialProgram.ts';
import type { TrialRecords } from './trialRecords.ts';
import { pickSource, pickTasks, type TrialSource } from './trialSource.ts';

export interface TrialDesk {
  readonly program: TrialProgram;
  readonly records: TrialRecords;
  readonly documents: TrialDocuments;
  readonly dialogs: Dialogs;
  readonly reveal: (id: string) => Promise<void>;
}

const POLL_MS = 500;
const MOST_PROPOSED = 30;

/** The commands of trials. */
export class TrialCommands {
  readonly #desk: TrialDesk;

  constructor(desk: TrialDesk) {
    this.#desk = desk;
  }

  handlers(): { readonly [Id in TrialCommandId]: (line: TrialNode | null, task: string | null) => Promise<unknown> } {
    return {
      'outlay.compareModels': (_, task) => this.compare(task ?? ''),
      'outlay.showTrial': (line) => this.#withTrial(line, (record) => this.#showReport(record)),
      'outlay.cancelTrial': (line) => this.#withTrial(line, ({ id }) => this.#ask(['cancel', id])),
      'outlay.resumeTrial': (line) => this.#withTrial(line, (record) => this.#resume(record)),
      'outlay.deleteTrial': (line) => this.#withTrial(line, (record) => this.#delete(record)),
      'outlay.showRunOutput': (line) => this.#withRun(line, (record, run) => this.#showOutput(record, run)),
      'outlay.showRunDiff': (line) => this.#withRun(line, (record, run) => this.#showDiff(record, run)),
      'outlay.applyRun': (line) => this.#withRun(line, (record, run) => this.#apply(record, run)),
      'outlay.cancelRun': (line) =>
        this.#withRun(line, ({ id }, run) => this.#ask(['cancel', id, '--run', String(run)])),
    };
  }

  /** From the questions to the start, and then to the verdict. */
  async compare(prompt: string): Promise<void> {
    const folder = await pickFolder();
    if (folder === null) return;
    const look = await withBusy('Looking for agents and models', () => this.#look(folder));
    const source: TrialSource | undefined =
      prompt === '' ? await pickSource(look, this.#desk.dialogs) : { kind: 'prompt' };
    if (source?.kind === 'suite') await this.#compareSuite(look, source.suite);
    if (source?.kind === 'history') await this.#compareHistory(look);
    if (source?.kind === 'prompt') await this.#compareTasks(look, { prompt, tasks: [] });
  }

  async #compareTasks(look: TrialLook, work: Pick<TrialChoices, 'prompt' | 'tasks'>): Promise<void> {
    const choices = await askTrial(look, work);
    if (choices === undefined) return;
    const drafts = await this.#desk.records.draftFolder();
    const draft = join(drafts, `${Date.now().toString(36)}.json`);
    try {
      await writeFile(draft, suiteText(await withPromptFile(choices, look.root), nameOf(choices)), { mode: 0o600 });
      const words = [draft, '--repository', look.root];
      const checked = await this.#check(words, look.root);
      if (!(await confirmTrial(checked))) return;
      await this.#start(['run', ...words, '--accept', checked.hash], {
        folder: look.root,
        stopsWithWindow: choices.stopsWithWindow,
      });
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** A suite that the repository brings: nothing of it runs before its exact text was seen and accepted. */
  async #compareSuite(look: TrialLook, suite: FoundSuite): Promise<void> {
    if (suite.problem !== null) throw new Error(`${suite.path}: ${suite.problem}`);
    const choices = await askForSuite(look, suite);
    if (choices === undefined) return;
    const words = [join(look.root, suite.path), '--repository', look.root];
    if (suite.missing.includes('agents')) words.push('--models', choices.models.map(modelWord).join(','));
    if (suite.missing.includes('budget')) words.push('--budget', choices.budget);
    const checked = await this.#check(words, look.root);
    if (!(await acceptSuite(suite.path, checked, this.#desk.documents))) return;
    if (!(await confirmTrial(checked))) return;
    await this.#start(['run', ...words, '--accept', checked.hash], {
      folder: look.root,
      stopsWithWindow: choices.stopsWithWindow,
    });
  }

  async #compareHistory(look: TrialLook): Promise<void> {
    const words = ['propose', '--repository', look.root, '--limit', String(MOST_PROPOSED)];
    const { stdout } = await withBusy('Looking through the history', () => this.#ask([...words, '--json'], look.root));
    const picked = await pickTasks(JSON.parse(stdout) as readonly ProposedTask[], this.#desk.dialogs);
    if (picked === undefined) return;
    if (!picked.isEdited) return this.#compareTasks(look, { prompt: '', tasks: picked.tasks });
    const commits = picked.tasks.map(({ checkFiles }) => checkFiles.commit).join(',');
    const suite = await this.#ask([...words, '--commits', commits], look.root);
    const document = await workspace.openTextDocument({ language: 'yaml', content: suite.stdout });
    await window.showTextDocument(document, { viewColumn: ViewColumn.Active });
  }

  async #look(folder: string): Promise<TrialLook> {
    const { code, stdout, stderr } = await this.#desk.program.ask(['look', '--json', '--repository', folder], folder);
    if (code !== 0) throw new Error(stderr.trim());
    const look = JSON.parse(stdout) as TrialLook;
    if (look.agents.every(({ problem }) => problem !== null)) {
      const why = look.agents.map(({ problem }) => problem).join(' ');
      throw new Error(`No agent can be used for a trial here. ${why || 'None was found on the PATH.'}`);
    }
    return look;
  }

  async #check(words: readonly string[], root: string): Promise<SuiteCheck> {
    const { stdout, stderr } = await withBusy('Checking the trial', () =>
      this.#desk.program.ask(['check', ...words, '--json'], root),
    );
    if (stdout === '') throw new Error(stderr.trim());
    const checked = JSON.parse(stdout) as SuiteCheck;
    if (checked.problems.length > 0) throw new Error(checked.problems.join(' '));
    return checked;
  }

  async #start(
    words: readonly string[],
    { folder, stopsWithWindow }: { readonly folder: string; readonly stopsWithWindow: boolean },
  ): Promise<void> {
    const { program, records, reveal } = this.#desk;
    const before = new Set((await records.refresh()).filter(({ state }) => state !== 'ended').map(({ id }) => id));
    const logPath = join(await records.draftFolder(), `run-${Date.now().toString(36)}.log`);
    const { ended } = await program.start(words, { cwd: folder, logPath, stopsWithWindow });
    let code: number | null | undefined;
    void ended.then((value) => {
      code = value;
    });
    let record: TrialRecord | undefined;
    while (record === undefined) {
      await pause();
      record = (await records.refresh()).find(({ id, state }) => state !== 'ended' && !before.has(id));
      if (record === undefined && code !== undefined) {
        record = (await records.refresh()).find(
          ({ id, endedAtMs }) => !before.has(id) && endedAtMs !== null && endedAtMs > Date.now() - 60_000,
        );
        if (record !== undefined) break;
        const said = await readFile(logPath, 'utf8').catch(() => '');
        await rm(logPath, { force: true });
        // What was accepted is what runs: the whole text follows, and is shown by the next try.
        if (said.includes('That is not the hash'))
          throw new Error('The suite changed after you had accepted it: nothing was started. Look at it again.');
        throw new Error(said.trim() || 'The trial could not be started.');
      }
    }
    await reveal(record.id);
    void ended.then(() => rm(logPath, { force: true }));
    void this.#follow(record.id);
  }

  /** Progress, and then the verdict in a sentence. */
  async #follow(id: string): Promise<void> {
    const { records } = this.#desk;
    const find = (): TrialRecord | undefined => records.records.find((record) => record.id === id);
    // The name may come from a file of the repository.
    const title = plainText(`Trial "${find()?.plan.name ?? ''}"`);
    await window.withProgress(
      { location: ProgressLocation.Notification, title, cancellable: true },
      async (progress, token) => {
        token.onCancellationRequested(() => void this.#ask(['cancel', id]));
        let shown = 0;
        for (let record = find(); record !== undefined && record.state !== 'ended'; record = find()) {
          const { runs, spentNanoUsd, plan } = record;
          const done = runs.filter(({ phase }) => phase === 'ended').length;
          const share = (100 * done) / runs.length;
          const message = `${done} of ${runs.length} runs, ${printUsd(spentNanoUsd)} of ${printUsd(plan.totalLimitNanoUsd)}`;
          progress.report({ message, increment: share - shown });
          shown = share;
          await pause();
        }
      },
    );
    const record = (await records.refresh()).find((each) => each.id === id);
    if (record === undefined) return;
    const text = record.end === 'failed' ? (record.because ?? 'It failed.') : (record.verdict ?? 'It has ended.');
    const show = record.end === 'failed' ? window.showWarningMessage : window.showInformationMessage;
    const button = await show(plainText(`${title}: ${text}`), 'Show Results');
    if (button !== undefined) await this.#showReport(record);
  }

  async #resume({ id, plan }: TrialRecord): Promise<void> {
    requireTrust();
    await this.#start(['resume', id], { folder: plan.repository, stopsWithWindow: false });
  }

  async #delete({ id, plan }: TrialRecord): Promise<void> {
    const detail = 'Its prompt, the outputs and the changes of its runs are deleted. What it cost stays in the books.';
    if (await this.#desk.dialogs.confirm(`Delete the trial "${plan.name}"?`, detail, 'Delete'))
      await this.#ask(['delete', id]);
  }

  async #showReport(record: TrialRecord): Promise<void> {
    const uri = this.#desk.documents.uriOf(`${record.id}/Results.md`, { kind: 'text', text: trialReport(record) });
    await commands.executeCommand('markdown.showPreview', uri);
  }

  async #showOutput({ id }: TrialRecord, run: number): Promise<void> {
    const path = join(this.#desk.records.folderOf(id), 'runs', String(run), 'agent.log');
    const uri = this.#desk.documents.uriOf(`${id}/Run ${run} output.log`, { kind: 'file', path });
    await window.showTextDocument(await workspace.openTextDocument(uri), {
      preview: true,
      viewColumn: ViewColumn.Active,
    });
  }

  /** All changed files at once, in the editor's own diff editor. */
  async #showDiff({ id, plan, runs }: TrialRecord, run: number): Promise<void> {
    const { stdout } = await this.#ask(['diff', id, '--run', String(run), '--json']);
    const { repository, start, commit, files } = JSON.parse(stdout) as {
      readonly repository: string;
      readonly start: string;
      readonly commit: string;
      readonly files: readonly { readonly path: string; readonly status: string }[];
    };
    if (files.length === 0) {
      await window.showInformationMessage(`Run ${run} changed no file.`);
      return;
    }
    const side = (name: string, at: string, path: string): Uri =>
      this.#desk.documents.uriOf(`run ${run}/${path}`, { kind: 'blob', repository, commit: at, path }, `${id} ${name}`);
    // A side that is left out is a file that is new or gone.
    const rows = files.map(({ path, status }) => [
      Uri.file(join(plan.repository, path)),
      status === 'A' ? undefined : side('before', start, path),
      status === 'D' ? undefined : side('after', commit, path),
    ]);
    await commands.executeCommand('vscode.changes', `Run ${nameOfRun({ plan, runs }, run)}: ${plan.name}`, rows);
  }

  async #apply({ id, plan, runs }: TrialRecord, run: number): Promise<void> {
    requireTrust();
    const { dialogs } = this.#desk;
    const title = `Apply run ${nameOfRun({ plan, runs }, run)}`;
    const choice = await dialogs.pick(title, 'How to take its changes over', [
      {
        label: 'As a new branch',
        description: `outlay/${id}-run-${run}; the working tree stays as it is`,
        value: 'branch',
      },
      { label: 'Into the working tree', description: 'not committed', value: 'here' },
      { label: 'As a patch file...', value: 'patch' },
    ] as const);
    if (choice === undefined) return;
    const words = ['apply', id, '--run', String(run)];
    if (choice.value === 'patch') {
      const target = await window.showSaveDialog({
        defaultUri: Uri.file(join(plan.repository, `${id}-run-${run}.patch`)),
      });
      if (target !== undefined) this.#tell(await this.#ask([...words, '--patch', target.fsPath]));
      return;
    }
    if (choice.value === 'branch') return this.#tell(await this.#ask(words));
    const { code, stdout, stderr } = await this.#desk.program.ask([...words, '--here'], plan.repository);
    if (code === 0) return this.#tell({ stdout });
    if (!stderr.includes('--dirty')) throw new Error(stderr.trim());
    // "(a, b, c, ...)"
    const changed = stderr.slice(stderr.indexOf('(') + 1, stderr.lastIndexOf('); --dirty'));
    const detail = `Changed: ${changed}. The changes of the run are put on top of yours, and nothing is committed.`;
    const isSure = await dialogs.confirm(
      'The working tree has changes of its own. Apply the run all the same?',
      detail,
      'Apply',
    );
    if (isSure) this.#tell(await this.#ask([...words, '--here', '--dirty']));
  }

  #tell({ stdout }: { readonly stdout: string }): void {
    void window.showInformationMessage(plainText(stdout.trim()));
  }

  /** Runs a verb in a folder, the trial's repository by default. @throws Error with what it says where it fails. */
  async #ask(words: readonly string[], folder?: string): Promise<{ readonly stdout: string }> {
    const record = this.#desk.records.records.find(({ id }) => id === words[1]);
    const answer = await this.#desk.program.ask(words, folder ?? record?.plan.repository ?? process.cwd());
    await this.#desk.records.refresh();
    if (answer.code !== 0) throw new Error(answer.stderr.trim());
    return answer;
  }

  async #withTrial(line: TrialNode | null, work: (record: TrialRecord) => Promise<unknown>): Promise<void> {
    const records = await this.#desk.records.refresh();
    const record = records.find(({ id }) => id === line?.trialId) ?? (line === null ? records[0] : undefined);
    if (record === undefined) await window.showInformationMessage('There is no trial yet.');
    else await work(record);
  }

  async #withRun(line: TrialNode | null, work: (record: TrialRecord, run: number) => Promise<unknown>): Promise<void> {
    const run = line?.run ?? null;
    if (run !== null) await this.#withTrial(line, (record) => work(record, run));
  }
}

/** "2, claude-sonnet-4-5": a run by its number and its model, as the tree and the results name it. */
function nameOfRun({ plan, runs }: Pick<TrialRecord, 'plan' | 'runs'>, number: number): string {
  const contender = plan.contenders[runs[number - 1]?.contender ?? -1];
  return contender === undefined ? String(number) : `${number}, ${contender.model}`;
}

function requireTrust(): void {
  if (!workspace.isTrusted) throw new Error('A trial runs commands of this folder: trust the workspace first.');
}

/** The folder to try in; with several, the user says which. */
async function pickFolder(): Promise<string | null> {
  requireTrust();
  const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  if (folders.length === 0)
    throw new Error('Open the folder of a git repository first: each run of a trial gets its own copy of it.');
  if (folders.length === 1) return folders[0]?.uri.fsPath ?? null;
  const choice = await window.showWorkspaceFolderPick({ placeHolder: 'The repository to try in' });
  return choice?.uri.fsPath ?? null;
}

/** A prompt file is named from the repository, while the draft lies elsewhere. */
async function withPromptFile(choices: TrialChoices, root: string): Promise<TrialChoices> {
  if (!choices.prompt.startsWith('@')) return choices;
  const path = join(root, choices.prompt.slice(1).trim());
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) throw new Error(`The prompt file ${path} cannot be read.`);
  return { ...choices, prompt: text.trim() };
}

function nameOf({ prompt, tasks }: TrialChoices): string {
  if (tasks.length > 0) return tasks.length === 1 ? (tasks[0]?.name ?? '') : `${tasks.length} tasks from history`;
  const [line = ''] = prompt.trim().split('\n');
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

function withBusy<T>(title: string, work: () => Promise<T>): Promise<T> {
  return Promise.resolve(window.withProgress({ location: ProgressLocation.Notification, title }, work));
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
