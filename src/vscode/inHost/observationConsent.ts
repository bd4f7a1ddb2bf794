import type { AgentExtension } from './agentExtensions.ts';

/** What the user reads before anything is observed. */
export interface ObservationConsent {
  readonly message: string;
  readonly detail: string;
}

export const observeButton = 'Observe';
export const notNowButton = 'Not Now';

/** @param found agents' extensions of this window that call from inside VS Code. */
export function observationConsent(found: readonly AgentExtension[]): ObservationConsent {
  const names = found.map(({ label }) => label);
  const whose = names.length === 0 ? 'other extensions' : listed(names);
  return {
    message: `Outlay can meter the LLM calls that ${whose} ${names.length === 1 ? 'makes' : 'make'} inside VS Code.`,
    detail:
      'It reads requests to known LLM hosts and their answers as they pass, counts their tokens and keeps the counts: no prompt, no answer and no key is kept, and nothing leaves this machine. ' +
      'Requests to any other host are not looked at. Nothing of other extensions is changed; turn it off at any time, wholly or for one extension.',
  };
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
