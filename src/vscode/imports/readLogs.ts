import { ProgressLocation, window } from 'vscode';
import type { ControlMap, ControlName } from '../../protocol/control.ts';
import type { ImportReport } from '../../protocol/imports.ts';
import { importSummary } from './importSummary.ts';

/** Asks the meter; rejects with a sentence. */
export type AskMeter = <Name extends ControlName>(
  name: Name,
  params: ControlMap[Name]['params'],
  timeoutMs?: number,
) => Promise<ControlMap[Name]['result']>;

const longestMs = 3_600_000;
const pollMs = 500;
/** What is done sooner needs no progress. */
const patienceMs = 1000;

/**
 * Has the meter read the agents' logs, with progress that can be cancelled, and tells what they came to; `isFirst` tells what the meter has
 * read by itself already too, and is quiet where nothing was new.
 *
 * @returns the sentence that was told; null for none.
 */
export async function readLogs(ask: AskMeter, isFirst: boolean): Promise<string | null> {
  const imported = ask('importLogs', { homeDir: null, agent: null, withUntold: isFirst }, longestMs);
  const soon = await Promise.race([imported, after(patienceMs)]);
  const report = soon ?? (await withProgress(ask, imported));
  if (isFirst && report.new === 0) return null;
  const sentence = importSummary(report);
  void window.showInformationMessage(sentence);
  return sentence;
}

function withProgress(ask: AskMeter, imported: Promise<ImportReport>): Thenable<ImportReport> {
  const options = {
    location: ProgressLocation.Notification,
    title: 'Outlay: reading what agents have cost so far',
    cancellable: true,
  };
  return window.withProgress(options, async (progress, token) => {
    token.onCancellationRequested(() => void ask('cancelImport', {}));
    let shownPercent = 0;
    for (;;) {
      const done = await Promise.race([imported, after(pollMs)]);
      if (done !== null) return done;
      const { files, filesDone } = await ask('importState', {});
      const percent = files === 0 ? 0 : (100 * filesDone) / files;
      progress.report({ message: `${filesDone} of ${files} files`, increment: Math.max(0, percent - shownPercent) });
      shownPercent = Math.max(percent, shownPercent);
    }
  });
}

function after(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), ms));
}
