import type { CommandSpec, MenuSpec } from './manifestTypes.ts';

/** What trials contribute to the editor; a part of the one table, see `manifest.ts`. */
export const trialCommands = {
  'outlay.compareModels': {
    title: 'Compare Models on This Task...',
    icon: '$(beaker)',
    enablement: 'isWorkspaceTrusted && outlay.on',
  },
  'outlay.showTrial': { title: 'Show Results of Trial', icon: '$(table)' },
  'outlay.cancelTrial': { title: 'Cancel Trial' },
  'outlay.resumeTrial': { title: 'Go On with Trial', icon: '$(debug-continue)', enablement: 'isWorkspaceTrusted' },
  'outlay.deleteTrial': { title: 'Delete Trial...' },
  'outlay.showRunOutput': { title: 'Show Output of Run', icon: '$(output)', when: 'false' },
  'outlay.showRunDiff': { title: 'Show Changes of Run', icon: '$(diff)', when: 'false' },
  'outlay.applyRun': {
    title: 'Apply Changes of Run...',
    icon: '$(git-branch)',
    when: 'false',
    enablement: 'isWorkspaceTrusted',
  },
  'outlay.cancelRun': { title: 'Cancel Run', icon: '$(close)', when: 'false' },
} as const satisfies Record<string, CommandSpec>;

export type TrialCommandId = keyof typeof trialCommands;

export const trialsViewId = 'outlay.trials';

export const trialsMenu: readonly MenuSpec<TrialCommandId>[] = [
  { command: 'outlay.compareModels', group: 'navigation' },
];

/** In the view of tasks: the title of the task is where the prompt begins. */
export const taskTrialMenu: readonly MenuSpec<TrialCommandId>[] = [
  { command: 'outlay.compareModels', group: '1_work@4', when: 'viewItem =~ /^task open/' },
];

/** The words of a line: "trial running|done|resumable", and of a run "run" with "live", "output" and "result" as they hold. */
export const trialItemMenu: readonly MenuSpec<TrialCommandId>[] = [
  { command: 'outlay.showTrial', group: 'inline@1', when: 'viewItem =~ /^trial/' },
  { command: 'outlay.showRunOutput', group: 'inline@1', when: 'viewItem =~ /^run.* output/' },
  { command: 'outlay.showRunDiff', group: 'inline@2', when: 'viewItem =~ /^run.* result/' },
  { command: 'outlay.cancelRun', group: 'inline@3', when: 'viewItem =~ /^run live/' },
  { command: 'outlay.showTrial', group: '1_show@1', when: 'viewItem =~ /^trial/' },
  { command: 'outlay.cancelTrial', group: '2_run@1', when: 'viewItem =~ /^trial running/' },
  { command: 'outlay.resumeTrial', group: '2_run@1', when: 'viewItem =~ /^trial resumable/' },
  { command: 'outlay.deleteTrial', group: '3_delete', when: 'viewItem =~ /^trial (done|resumable)/' },
  { command: 'outlay.showRunOutput', group: '1_show@1', when: 'viewItem =~ /^run.* output/' },
  { command: 'outlay.showRunDiff', group: '1_show@2', when: 'viewItem =~ /^run.* result/' },
  { command: 'outlay.applyRun', group: '2_apply', when: 'viewItem =~ /^run.* result/' },
  { command: 'outlay.cancelRun', group: '3_cancel', when: 'viewItem =~ /^run live/' },
];

export const trialsWelcome =
  'A trial gives one task to several models, each in its own copy of your repository, and checks what they did.\n[Compare Models](command:outlay.compareModels)';
