import type { Contender } from '../../protocol/trials.ts';
import type { StartRequest, TrialAgent } from './trialAgent.ts';

const placeholders = ['prompt', 'promptFile', 'model', 'effort', 'worktree'] as const;

/** Any program of the user's. It gets the prompt where its command says so, else on its standard input. */
export const anyCommand: TrialAgent = {
  id: 'command',
  program: null,
  approval: 'The command is run as it is written, and may do whatever it does.',
  problems({ command }) {
    if (command === null || command.length === 0 || command[0] === '')
      return ['"command" needs a program and its arguments, as a list.'];
    const unknown = command.flatMap((part) => namesIn(part)).filter((name) => !isKnown(name));
    return unknown.map(
      (name) => `{${name}} is no placeholder: use {${placeholders.join('}, {')}} or {baseUrl.<route>}.`,
    );
  },
  start(request) {
    const { command, args } = request.contender;
    const parts = command ?? [];
    return {
      argv: [...parts.map((part) => fill(part, request)), ...args],
      promptOnStdin: !parts.some((part) => part.includes('{prompt}') || part.includes('{promptFile}')),
    };
  },
  loginProblem: async () => null,
  readFailure: () => null,
};

/** Whether the prompt becomes part of the command line. */
export function hasPromptArgument({ command }: Contender): boolean {
  return command?.some((part) => part.includes('{prompt}')) ?? false;
}

function namesIn(part: string): readonly string[] {
  return [...part.matchAll(/\{([a-zA-Z][a-zA-Z.-]{0,40})\}/g)].map(([, name = '']) => name);
}

function isKnown(name: string): boolean {
  return placeholders.some((known) => known === name) || name.startsWith('baseUrl.');
}

/** In one pass, so that a prompt which holds a placeholder is passed on as it is. */
function fill(part: string, { contender, prompt, promptPath, worktree, baseUrls }: StartRequest): string {
  const values: Readonly<Record<string, string>> = {
    prompt,
    promptFile: promptPath,
    model: contender.model,
    effort: contender.effort ?? '',
    worktree,
  };
  return part.replace(/\{([a-zA-Z][a-zA-Z.-]{0,40})\}/g, (whole, name: string) => {
    if (name.startsWith('baseUrl.')) return baseUrls[name.slice('baseUrl.'.length)] ?? '';
    return values[name] ?? whole;
  });
}
