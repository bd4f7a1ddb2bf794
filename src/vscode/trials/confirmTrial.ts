import { ViewColumn, window, workspace } from 'vscode';
import { printUsd } from '../../domain/format.ts';
import { NANO_USD_PER_USD } from '../../domain/money.ts';
import { plainText } from '../../domain/plainText.ts';
import type { SuiteCheck } from '../../protocol/trials.ts';
import { askList } from './multiStep.ts';
import type { TrialDocuments } from './trialDocuments.ts';

/** The last word before anything runs or costs: every command in full, what agents may do unasked, and the price. */
export async function confirmTrial(checked: SuiteCheck): Promise<boolean> {
  const { commands: run = [], approvals = [], notices = [], estimate = null, runs: count = 0 } = checked;
  const range =
    estimate?.lowUsd == null || estimate.highUsd === null
      ? 'What it will cost is not known, since not every model has a price here.'
      : `It is expected to cost about ${usd(estimate.lowUsd)} to ${usd(estimate.highUsd)}.`;
  const lines = [
    `${range} Each run is held to ${usd(checked.runBudgetUsd ?? 0)}, and all of them to ${usd(checked.budgetUsd ?? 0)}.`,
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

/**
 * Shows the exact text of a suite that came with the repository, and asks whether it may run. Nothing is asked where this very text
 * was accepted before; a text that changed is another one.
 */
export async function acceptSuite(path: string, checked: SuiteCheck, documents: TrialDocuments): Promise<boolean> {
  if (checked.isAccepted === true) return true;
  // A name of its own for each text: an open document of an earlier one stays what it was.
  const uri = documents.uriOf(
    `suite/${path}`,
    { kind: 'text', text: `${checked.text ?? ''}\n` },
    checked.hash.slice(0, 12),
  );
  await window.showTextDocument(await workspace.openTextDocument(uri), {
    preview: true,
    viewColumn: ViewColumn.Active,
  });
  const answer = await askList(
    { title: `Compare models: the text of ${path}`, step: 1, totalSteps: 1 },
    'This suite came with the repository, and its commands run as you. Read it before you accept it.',
    [
      { label: 'Do not run it', value: false },
      { label: 'Accept this text', description: 'asked again when it changes', value: true },
    ],
    { isMany: false },
  );
  return answer.kind === 'value' && answer.value[0] === true;
}

function usd(amount: number): string {
  return printUsd(amount * NANO_USD_PER_USD);
}
