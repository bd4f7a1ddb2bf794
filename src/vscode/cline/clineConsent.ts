import type { ClinePlan } from '../../agentSettings/clineProviders.ts';

/** What the user reads before anything is changed. */
export interface ClineConsent {
  readonly message: string;
  readonly detail: string;
  readonly button: string;
}

export function clineConsent(path: string, plan: ClinePlan): ClineConsent {
  const chained = Object.values(plan.upstreams).length > 0;
  const parts = [
    `Cline CLI takes its base URLs from ${path}. Outlay sets "baseUrl" there for: ${plan.redirected.join(', ')}. Nothing else in the file changes, and your keys stay where they are.`,
    chained ? 'Base URLs of your own are kept: the calls go through Outlay to them.' : '',
    plan.leftAlone.length === 0
      ? ''
      : `Left alone: ${plan.leftAlone.map(({ provider, reason }) => `${provider} (${reason})`).join('; ')}.`,
    'While it is connected, Cline calls through Outlay’s meter, in terminals outside of VS Code too. The file is put back when you disconnect, turn Outlay off or uninstall it, and when the meter ends. After a crash of the whole machine Cline cannot call until VS Code has been opened, or you run "outlay disconnect".',
  ];
  return {
    message: 'Connect Cline CLI to Outlay?',
    detail: parts.filter((part) => part !== '').join('\n\n'),
    button: 'Connect',
  };
}
