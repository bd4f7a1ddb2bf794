import { ProgressLocation, window } from 'vscode';
import { parseDay } from './parseDay.ts';

/**
 * Asks what to delete, asks again, and deletes. Deleting may take a while on a large ledger.
 *
 * @param deleteBefore deletes all calls that started before a time, or all of them for null, and says how many.
 */
export async function askAndDeleteData(deleteBefore: (beforeMs: number | null) => Promise<number>): Promise<void> {
  const before = await askRange();
  if (before === undefined) return;
  const what = before === null ? 'all recorded calls' : `all calls recorded before ${before.label}`;
  const confirm = 'Delete';
  const answer = await window.showWarningMessage(
    `Delete ${what}?`,
    { modal: true, detail: 'Their costs and tokens leave the ledger for good. Nothing else is touched.' },
    confirm,
  );
  if (answer !== confirm) return;
  const deleted = await window.withProgress(
    { location: ProgressLocation.Notification, title: `Outlay: deleting ${what}` },
    () => deleteBefore(before?.ms ?? null),
  );
  void window.showInformationMessage(`Outlay deleted ${deleted} ${deleted === 1 ? 'call' : 'calls'}.`);
}

/** The chosen day, null for everything, undefined when the user changed their mind. */
async function askRange(): Promise<{ readonly ms: number; readonly label: string } | null | undefined> {
  const all = { label: 'All data', description: 'every call in the ledger' };
  const day = { label: 'Data before a day...', description: 'older calls only' };
  const choice = await window.showQuickPick([all, day], {
    title: 'Outlay: Delete Data',
    placeHolder: 'What to delete',
  });
  if (choice === undefined) return undefined;
  if (choice === all) return null;
  const text = await window.showInputBox({
    title: 'Outlay: Delete Data',
    prompt: 'Calls before this day are deleted; the day itself stays.',
    placeHolder: 'YYYY-MM-DD',
    validateInput: (value) => (parseDay(value) === null ? 'Write a day as YYYY-MM-DD, for example 2026-01-31.' : null),
  });
  if (text === undefined) return undefined;
  const ms = parseDay(text);
  return ms === null ? undefined : { ms, label: text.trim() };
}
