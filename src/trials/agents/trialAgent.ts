import type { Contender, TrialAgentId } from '../../protocol/trials.ts';

export interface StartRequest {
  readonly contender: Contender;
  readonly prompt: string;
  /** The prompt as a file, for agents that take one. */
  readonly promptPath: string;
  readonly worktree: string;
  /** The meter's addresses for this run, by route. */
  readonly baseUrls: Readonly<Record<string, string>>;
  /** What the user's own environment says, so that nothing of it is overruled. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface AgentStart {
  readonly argv: readonly string[];
  /** The prompt is its standard input. */
  readonly promptOnStdin: boolean;
}

/** What can be looked at of the user without asking a program. */
export interface UserFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  readonly platform: NodeJS.Platform;
  exists(path: string): Promise<boolean>;
}

export type AgentFailure = 'not-logged-in' | 'model-refused';

/** How one agent is started without a human, and how its ends are read. */
export interface TrialAgent {
  readonly id: TrialAgentId;
  /** Its name on the PATH; null where the user's command says it. */
  readonly program: string | null;
  /** What it may do unasked in a run, in a sentence that the user reads before its first start. */
  readonly approval: string;
  /** What cannot be done with this contender, in sentences. */
  problems(contender: Contender): readonly string[];
  start(request: StartRequest): AgentStart;
  /** Why it cannot be logged in, in a sentence; null where it is, or where only the agent itself knows. */
  loginProblem(user: UserFacts, models: readonly string[]): Promise<string | null>;
  /** What its output says about a run that failed; null where it says nothing that we know. */
  readFailure(output: string): AgentFailure | null;
}

/** An argument of more bytes is refused by Linux; some is left for the rest. */
export const MAX_ARGUMENT_BYTES = 120_000;

/** The sentence for an agent that takes its prompt as an argument only. */
export function argumentProblem(label: string, prompt: string): string | null {
  const bytes = Buffer.byteLength(prompt);
  return bytes <= MAX_ARGUMENT_BYTES
    ? null
    : `${label} takes its prompt as an argument, which can have ${MAX_ARGUMENT_BYTES} bytes; this prompt has ${bytes}.`;
}

/** Reads failures by words, whatever their case, the login first. */
export function failureReader(words: Readonly<Record<AgentFailure, readonly string[]>>): TrialAgent['readFailure'] {
  return (output) => {
    const text = output.toLowerCase();
    const says = (failure: AgentFailure): boolean => words[failure].some((phrase) => text.includes(phrase));
    if (says('not-logged-in')) return 'not-logged-in';
    return says('model-refused') ? 'model-refused' : null;
  };
}

export const noEffort = (label: string, { effort }: Contender): readonly string[] =>
  effort === null ? [] : [`${label} has no option for an effort; leave "${effort}" out.`];

/** Whether one of these variables has a value. */
export function hasVariable({ env }: Pick<UserFacts, 'env'>, names: readonly string[]): boolean {
  return names.some((name) => (env[name] ?? '') !== '');
}
