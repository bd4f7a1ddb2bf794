import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commands, ProgressLocation, Uri, ViewColumn, window, workspace } from 'vscode';
import { printUsd } from '../../domain/format.ts';
import { plainText } from '../../domain/plainText.ts';
import type { TrialCommandId } from '../../manifest/trialManifest.ts';
import { trialReport } from '../../protocol/trialReport.ts';
import type { TrialLook, TrialRecord } from '../../protocol/trials.ts';
import type { TrialNode } from '../../protocol/trialTreeView.ts';
import type { Dialogs } from '../dialogs.ts';
import { askTrial, suiteText, type TrialChoices } from './askTrial.ts';
import type { TrialDocuments } from './trialDocuments.ts';
import type { TrialProgram } from './trialProgram.ts';
import type { TrialRecords } from './trialRecords.ts';

export interface TrialDesk {
  readonly program: TrialProgram;
  readonly records: TrialRecords;
  readonly documents: TrialDocuments;
  readonly dialogs: Dialogs;
  readonly reveal: (id: string) => Promise<void>;
}

/** What `outlay trial check --json` prints. */
interface SuiteCheck {
  readonly hash: string;
  readonly problems: readonly string[];
  readonly notices?: readonly string[];
  readonly approvals?: readonly string[];
  readonly commands?: readonly string[];
  readonly estimate?: { readonly lowUsd: number | null; readonly highUsd: number | null } | null;
}

const POLL_MS = 500;

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
    const choices = await askTrial(look, prompt);
    if (choices === undefined) return;
    const drafts = await this.#desk.records.draftFolder();
    const draft = join(drafts, `${Date.now().toString(36)}.json`);
    try {
      await writeFile(draft, suiteText(await withPromptFile(choices, look.root), nameOf(choices)), { mode: 0o600 });
      const checked = await withBusy('Checking the trial', () => this.#check(draft, look.root));
      if (!(await this.#confirm(checked, choices))) return;
      const words = ['run', draft, '--repository', look.root, '--accept', checked.hash];
      await this.#start(words, { folder: look.root, stopsWithWindow: choices.stopsWithWindow });
    } finally {
      await rm(draft, { force: true });
    }
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

  async #check(draft: string, root: string): Promise<SuiteCheck> {
    const { stdout, stderr } = await this.#desk.program.ask(['check', draft, '--json', '--repository', root], root);
    if (stdout === '') throw new Error(stderr.trim());
    const checked = JSON.parse(stdout) as SuiteCheck;
    if (checked.problems.length > 0) throw new Error(checked.problems.join(' '));
    return checked;
  }

  /** The last word before anything runs or costs: every command in full, what agents may do unasked, and the price. */
  async #confirm(
    { commands: run = [], approvals = [], notices = [], estimate = null }: SuiteCheck,
    choices: TrialChoices,
  ): Promise<boolean> {
    const count = choices.models.length * Number(choices.runs);
    const range =
      estimate?.lowUsd == null || estimate.highUsd === null
        ? 'No price is known for all of the models.'
        : `It is expected to cost about ${printUsd(estimate.lowUsd * 1e9)} to ${printUsd(estimate.highUsd * 1e9)}.`;
    const lines = [
      `${range} Each run is held to its share of the budget of ${choices.budget.replace(/^\$?/, '$')}.`,
      '',
      'These commands are run in each copy of the repository:',
      ...run.map((command) => `    ${plainText(command)}`),
      '',
      ...approvals,
      ...notices.map(plainText),
    ];
    const title = `Start ${count} ${count === 1 ? 'run' : 'runs'}?`;
    return (await window.showWarningMessage(title, { modal: true, detail: lines.join('\n') }, 'Start')) === 'Start';
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
    const title = `Trial "${find()?.plan.name ?? ''}"`;
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
    const button = await show(`${title}: ${text}`, 'Show Results');
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
  async #showDiff({ id, plan }: TrialRecord, run: number): Promise<void> {
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
      this.#desk.documents.uriOf(`${id}/run ${run}/${path}`, { kind: 'blob', repository, commit: at, path }, name);
    // A side that is left out is a file that is new or gone.
    const rows = files.map(({ path, status }) => [
      Uri.file(join(plan.repository, path)),
      status === 'A' ? undefined : side('before', start, path),
      status === 'D' ? undefined : side('after', commit, path),
    ]);
    await commands.executeCommand('vscode.changes', `Run ${run} of ${plan.name}`, rows);
  }

  async #apply({ id, plan }: TrialRecord, run: number): Promise<void> {
    requireTrust();
    const { dialogs } = this.#desk;
    const choice = await dialogs.pick(`Apply run ${run}`, 'How to take its changes over', [
      { label: 'As a new branch', description: 'the working tree stays as it is', value: 'branch' },
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
    const detail = 'The changes of the run are put on top of yours, and nothing is committed.';
    const isSure = await dialogs.confirm(
      'The working tree has changes of its own. Apply the run all the same?',
      detail,
      'Apply',
    );
    if (isSure) this.#tell(await this.#ask([...words, '--here', '--dirty']));
  }

  #tell({ stdout }: { readonly stdout: string }): void {
    void window.showInformationMessage(stdout.trim());
  }

  /** Runs a verb in the trial's repository. @throws Error with what it says where it fails. */
  async #ask(words: readonly string[]): Promise<{ readonly stdout: string }> {
    const record = this.#desk.records.records.find(({ id }) => id === words[1]);
    const answer = await this.#desk.program.ask(words, record?.plan.repository ?? process.cwd());
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

function nameOf({ prompt }: TrialChoices): string {
  const [line = ''] = prompt.trim().split('\n');
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

function withBusy<T>(title: string, work: () => Promise<T>): Promise<T> {
  return Promise.resolve(window.withProgress({ location: ProgressLocation.Notification, title }, work));
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
