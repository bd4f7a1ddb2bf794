import { createHash } from 'node:crypto';
import { parseDocument } from 'yaml';
import { NANO_USD_PER_USD, type NanoUsd } from '../domain/money.ts';
import { parseAmount } from '../domain/parseAmount.ts';
import {
  type CarriedFile,
  type Contender,
  type TrialCheck,
  type TrialPlan,
  type TrialTask,
  trialAgentIds,
} from '../protocol/trials.ts';
import { contenderProblems } from './agents/trialAgents.ts';
import { type Fields, isLeftOut, objectOf, textOf, textProblem } from './suiteValues.ts';

/** What a command line says above the file. */
export interface SuiteChoices {
  readonly contenders: readonly Contender[] | null;
  readonly runs: number | null;
  readonly parallel: number | null;
  readonly seed: number | null;
  readonly totalLimitNanoUsd: NanoUsd | null;
  readonly runLimitNanoUsd: NanoUsd | null;
}

export interface SuiteSource {
  readonly text: string;
  /** The file's name, for trials that have none of their own. */
  readonly fallbackName: string;
  /** Any folder of the repository. */
  readonly repository: string;
  readonly choices: SuiteChoices;
  /** Reads a prompt file, named relative to the suite; null where it cannot be read. */
  readPrompt(path: string): Promise<string | null>;
}

export interface ReadSuite {
  /** Null where there are problems. */
  readonly plan: TrialPlan | null;
  /** In sentences. */
  readonly problems: readonly string[];
  /** What the suite leaves to whoever runs it, and nobody said. */
  readonly missing: readonly ('agents' | 'budget')[];
  /** The files of prompts, since they are part of what is accepted. */
  readonly promptFiles: readonly { readonly path: string; readonly text: string }[];
  /** Of everything that the suite makes a machine do: its own text and its prompts. Changes with any of it. */
  readonly hash: string;
}

const MAX_PROMPT_BYTES = 1024 * 1024;
const MAX_RUNS_IN_ALL = 1000;
const topKeys = [
  'version',
  'name',
  'agents',
  'tasks',
  'runs',
  'parallel',
  'seed',
  'budget',
  'setup',
  'timeouts',
  'carry',
  'uncommitted',
  'checkMayPass',
  'check',
  'checks',
  'prompt',
  'promptFile',
  'start',
  'checkFiles',
];
const textKeys = ['name', 'prompt', 'promptFile', 'start', 'setup', 'check'];
const taskKeys = ['name', 'prompt', 'promptFile', 'start', 'setup', 'check', 'checks', 'checkFiles'];
const timeoutDefaults = { setup: 600_000, agent: 1_800_000, check: 600_000 } as const;

/** Reads a suite. Parsing yields a plan or its problems; it never throws. Keys that nobody knows are problems, since they are slips. */
export async function readSuite(source: SuiteSource): Promise<ReadSuite> {
  const reader = new SuiteReader(source);
  const plan = await reader.read();
  const hash = createHash('sha256')
    .update(JSON.stringify([source.text, ...reader.promptFiles.map(({ text }) => text)]))
    .digest('hex');
  const { problems, missing, promptFiles } = reader;
  return { plan: problems.length === 0 ? plan : null, problems, missing, promptFiles, hash };
}

class SuiteReader {
  readonly problems: string[] = [];
  readonly missing: ('agents' | 'budget')[] = [];
  readonly promptFiles: { readonly path: string; readonly text: string }[] = [];
  readonly #source: SuiteSource;

  constructor(source: SuiteSource) {
    this.#source = source;
  }

  async read(): Promise<TrialPlan | null> {
    const fields = this.#parse();
    if (fields === null) return null;
    const { choices, repository, fallbackName } = this.#source;
    this.#knownKeys(fields, topKeys, 'The suite');
    this.#texts(fields, textKeys, 'The suite');
    if (fields['version'] !== undefined && fields['version'] !== 1)
      this.problems.push('"version" is 1; other versions belong to a newer Outlay.');
    const tasks = await this.#tasks(fields);
    const contenders = choices.contenders ?? this.#contenders(fields['agents']);
    const runs = choices.runs ?? this.#count(fields, 'runs', { fallback: 1, most: 100 });
    const prompts = tasks.map(({ prompt }) => prompt);
    for (const contender of contenders) this.problems.push(...contenderProblems(contender, prompts));
    const inAll = runs * contenders.length * tasks.length;
    if (inAll > MAX_RUNS_IN_ALL) this.problems.push(`This is ${inAll} runs; ${MAX_RUNS_IN_ALL} is the most.`);
    const timeouts = this.#object(
      fields['timeouts'],
      '"timeouts" has a "setup", an "agent" and a "check", like 90s, 10m or 2h.',
    );
    this.#knownKeys(timeouts, ['setup', 'agent', 'check'], '"timeouts"');
    return {
      name: textOf(fields['name']) ?? fallbackName,
      ...{ repository, contenders, tasks, runs },
      parallel: choices.parallel ?? this.#count(fields, 'parallel', { fallback: 1, most: 16 }),
      seed: choices.seed ?? this.#count(fields, 'seed', { fallback: 1, most: 4_294_967_295, least: 0 }),
      ...this.#limits(fields['budget'], inAll),
      setupTimeoutMs: this.#duration(timeouts['setup'], timeoutDefaults.setup),
      agentTimeoutMs: this.#duration(timeouts['agent'], timeoutDefaults.agent),
      checkTimeoutMs: this.#duration(timeouts['check'], timeoutDefaults.check),
      carry: this.#carry(fields['carry']),
      uncommitted: this.#flag(fields, 'uncommitted'),
      checkMayPass: this.#flag(fields, 'checkMayPass'),
    };
  }

  #parse(): Fields | null {
    const document = parseDocument(this.#source.text, { prettyErrors: true });
    const [error] = document.errors;
    if (error !== undefined) {
      this.problems.push(`The suite is no YAML: ${error.message.split('\n')[0] ?? ''}`);
      return null;
    }
    const value = this.#plain(document);
    const fields = objectOf(value);
    if (fields === null)
      this.problems.push('The suite is empty: it needs "agents" and a task with a prompt and a check.');
    return fields;
  }

  #plain(document: ReturnType<typeof parseDocument>): unknown {
    try {
      return document.toJS();
    } catch (error) {
      this.problems.push(`The suite is no YAML: ${error instanceof Error ? error.message : String(error)}`);
      return {};
    }
  }

  async #tasks(fields: Fields): Promise<readonly TrialTask[]> {
    const listed = fields['tasks'];
    if (listed === undefined)
      return [
        await this.#task({ ...fields, name: textOf(fields['name']) ?? this.#source.fallbackName }, fields, 'The suite'),
      ];
    if (!Array.isArray(listed) || listed.length === 0) {
      this.problems.push('"tasks" is a list of at least one task.');
      return [];
    }
    const tasks: TrialTask[] = [];
    for (const [index, entry] of listed.entries()) {
      const where = `Task ${index + 1}`;
      const own = this.#object(
        entry,
        `${where} is one with a "prompt", and with a "name" and a "check" of its own where it needs them.`,
      );
      this.#knownKeys(own, taskKeys, where);
      this.#texts(own, textKeys, where);
      tasks.push(await this.#task(own, fields, where));
    }
    const names = tasks.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) this.problems.push(`Two tasks have the name "${twice}".`);
    return tasks;
  }

  async #task(own: Fields, suite: Fields, where: string): Promise<TrialTask> {
    const prompt = await this.#prompt(own, where);
    const checks = this.#checks(own, suite, where);
    return {
      name: textOf(own['name']) ?? where.toLowerCase(),
      ...{ prompt, checks },
      start: textOf(own['start']) ?? textOf(suite['start']) ?? 'HEAD',
      setup: textOf(own['setup']) ?? textOf(suite['setup']),
      checkFiles: this.#checkFiles(own['checkFiles'], where),
    };
  }

  async #prompt(own: Fields, where: string): Promise<string> {
    const path = textOf(own['promptFile']);
    let prompt = textOf(own['prompt']);
    if (path !== null) {
      if (prompt !== null) this.problems.push(`${where} has "prompt" and "promptFile": it takes one of them.`);
      prompt = await this.#source.readPrompt(path);
      if (prompt === null) this.problems.push(`${where}: the prompt file "${path}" cannot be read.`);
      else this.promptFiles.push({ path, text: prompt });
    } else if (prompt === null && isLeftOut(own['prompt']) && isLeftOut(own['promptFile'])) {
      this.problems.push(`${where} needs a "prompt" or a "promptFile".`);
    }
    const bytes = Buffer.byteLength(prompt ?? '');
    if (bytes > MAX_PROMPT_BYTES)
      this.problems.push(`${where}: a prompt of ${bytes} bytes is too long; 1 MB is the most.`);
    return prompt ?? '';
  }

  #checks(own: Fields, suite: Fields, where: string): readonly TrialCheck[] {
    const single = textOf(own['check']) ?? (own['checks'] === undefined ? textOf(suite['check']) : null);
    const listed = own['checks'] ?? (single === null ? suite['checks'] : undefined);
    const checks: TrialCheck[] = single === null ? [] : [{ name: 'check', command: single }];
    const known = this.problems.length;
    if (!isLeftOut(listed) && !Array.isArray(listed))
      this.problems.push(`${where}: "checks" is a list of commands; a single one is a "check".`);
    for (const entry of Array.isArray(listed) ? listed : []) {
      const fields = objectOf(entry);
      if (fields !== null) this.#texts(fields, ['name', 'command'], `${where}, one of "checks"`);
      const command = textOf(fields === null ? entry : fields['command']);
      const name = textOf(fields?.['name']) ?? `check ${checks.length + 1}`;
      if (command === null) this.problems.push(`${where}: each of "checks" is a command, or a "name" and a "command".`);
      else checks.push({ name, command });
    }
    const isNone = checks.length === 0 && this.problems.length === known;
    if (isNone && isLeftOut(own['check']) && isLeftOut(suite['check']))
      this.problems.push(`${where} needs a "check": a command that exits with 0 only when the work is done.`);
    return checks;
  }

  #checkFiles(value: unknown, where: string): TrialTask['checkFiles'] {
    if (isLeftOut(value)) return null;
    const fields = objectOf(value);
    if (fields !== null) {
      this.#knownKeys(fields, ['commit', 'paths'], `${where}, "checkFiles",`);
      this.#texts(fields, ['commit'], `${where}, "checkFiles"`);
    }
    const commit = textOf(fields?.['commit']);
    const paths = fields?.['paths'];
    if (
      commit === null ||
      !Array.isArray(paths) ||
      paths.length === 0 ||
      paths.some((path) => typeof path !== 'string')
    ) {
      this.problems.push(`${where}: "checkFiles" has a "commit" and "paths".`);
      return null;
    }
    return { commit, paths };
  }

  #contenders(value: unknown): readonly Contender[] {
    if (!Array.isArray(value) || value.length === 0) {
      if (isLeftOut(value)) this.missing.push('agents');
      this.problems.push(
        '"agents" is a list of who tries: each with an "agent" and a "model". Or name them with --models.',
      );
      return [];
    }
    return value.flatMap((entry, index) => {
      const fields = objectOf(entry);
      if (fields === null) return this.#shortContender(entry, index);
      const where = `Agent ${index + 1}`;
      const [spaced] = Object.entries(fields).filter(
        ([key]) => key !== 'command' && trialAgentIds.some((id) => id === key),
      );
      if (spaced !== undefined) {
        this.problems.push(
          `${where}: write ${spaced[0]}:${textOf(spaced[1]) ?? 'MODEL'} without a space after the colon.`,
        );
        return [];
      }
      this.#knownKeys(fields, ['agent', 'model', 'effort', 'args', 'command'], where);
      this.#texts(fields, ['agent', 'model', 'effort'], where);
      const agent = trialAgentIds.find(
        (id) => id === (fields['agent'] ?? (fields['command'] === undefined ? null : 'command')),
      );
      const model = textOf(fields['model']);
      if (agent === undefined || model === null) {
        this.problems.push(`${where} needs an "agent" (${trialAgentIds.join(', ')}) and a "model".`);
        return [];
      }
      const command = agent === 'command' ? this.#words(fields['command'], `${where}: "command"`) : null;
      return [
        {
          agent,
          model,
          effort: textOf(fields['effort']),
          args: this.#words(fields['args'] ?? [], `${where}: "args"`),
          command,
        },
      ];
    });
  }

  #shortContender(entry: unknown, index: number): readonly Contender[] {
    const read = parseContender(typeof entry === 'string' ? entry : JSON.stringify(entry ?? ''));
    if (typeof read !== 'string') return [read];
    this.problems.push(`Agent ${index + 1}: ${read}`);
    return [];
  }

  #words(value: unknown, where: string): readonly string[] {
    if (Array.isArray(value) && value.every((word) => typeof word === 'string' || typeof word === 'number'))
      return value.map(String);
    this.problems.push(`${where} is a list of words, for example ["my-agent", "{prompt}"].`);
    return [];
  }

  /** A trial without a budget could spend without end: one of the two is needed, and the other follows from it. */
  #limits(value: unknown, runs: number): Pick<TrialPlan, 'runLimitNanoUsd' | 'totalLimitNanoUsd'> {
    const fields = objectOf(value);
    if (fields !== null) this.#knownKeys(fields, ['run', 'total'], '"budget"');
    const { choices } = this.#source;
    const total = choices.totalLimitNanoUsd ?? this.#usd(fields === null ? value : fields['total']);
    const run = choices.runLimitNanoUsd ?? this.#usd(fields?.['run']);
    if (total === null && run === null) {
      this.missing.push('budget');
      this.problems.push('A trial needs a budget in dollars: "budget: 5", or --budget 5.');
      return { runLimitNanoUsd: 0, totalLimitNanoUsd: 0 };
    }
    if (total === 0 || run === 0) this.problems.push('A budget of $0 lets no call through.');
    const share = Math.floor((total ?? 0) / Math.max(1, runs));
    return { runLimitNanoUsd: run ?? share, totalLimitNanoUsd: total ?? (run ?? 0) * runs };
  }

  #usd(value: unknown): NanoUsd | null {
    if (isLeftOut(value)) return null;
    if (typeof value === 'string' || typeof value === 'number') {
      const parsed = parseAmount('costNanoUsd', String(value));
      if (parsed.ok) return parsed.value;
      this.problems.push(`"budget": ${parsed.problem}`);
    } else {
      this.problems.push('"budget" is an amount in dollars such as 5, or a "run" and a "total".');
    }
    return NANO_USD_PER_USD;
  }

  #carry(value: unknown): readonly CarriedFile[] {
    if (isLeftOut(value)) return [];
    if (!Array.isArray(value)) {
      this.problems.push(
        '"carry" is a list of files that git does not know, each with a "path" and a "how" of copy or link.',
      );
      return [];
    }
    return value.flatMap((entry) => {
      const fields: Fields = objectOf(entry) ?? { path: entry };
      this.#knownKeys(fields, ['path', 'how'], 'One of "carry"');
      const path = textOf(fields['path']);
      const how = fields['how'] ?? 'copy';
      if (path !== null && (how === 'copy' || how === 'link')) return [{ path, how }];
      this.problems.push('Each of "carry" has a "path" and a "how" of copy or link.');
      return [];
    });
  }

  #count(
    fields: Fields,
    name: string,
    { fallback, most, least = 1 }: { readonly fallback: number; readonly most: number; readonly least?: number },
  ): number {
    const value = fields[name];
    if (value === undefined) return fallback;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    this.problems.push(`"${name}" is a whole number from ${least} to ${most}.`);
    return fallback;
  }

  #flag(fields: Fields, name: string): boolean {
    const value = fields[name];
    if (!isLeftOut(value) && typeof value !== 'boolean')
      this.problems.push(`"${name}" is true or false, without quotes.`);
    return value === true;
  }

  /** Empty where there is nothing, or something else. */
  #object(value: unknown, sentence: string): Fields {
    const fields = objectOf(value);
    if (fields === null && !isLeftOut(value)) this.problems.push(sentence);
    return fields ?? {};
  }

  #texts(fields: Fields, keys: readonly string[], where: string): void {
    for (const key of keys) {
      const problem = textProblem(key, fields[key]);
      if (problem !== null) this.problems.push(`${where}: ${problem}`);
    }
  }

  #duration(value: unknown, fallback: number): number {
    if (isLeftOut(value)) return fallback;
    const match = /^(\d{1,6}) ?(s|m|h)$/.exec(typeof value === 'string' ? value.trim() : '');
    const unit = { s: 1_000, m: 60_000, h: 3_600_000 }[match?.[2] ?? ''];
    const durationMs = Number(match?.[1]) * (unit ?? Number.NaN);
    if (durationMs >= 1_000 && durationMs <= 86_400_000) return durationMs;
    this.problems.push('A timeout is written like 90s, 10m or 2h, at most 24h.');
    return fallback;
  }

  #knownKeys(fields: Fields, known: readonly string[], where: string): void {
    for (const key of Object.keys(fields))
      if (!known.includes(key)) this.problems.push(`${where} has an unknown key "${key}".`);
  }
}

/** "claude-code:claude-sonnet-4-5@high", as `--models` takes it: the contender, or a sentence about what is wrong. */
export function parseContender(text: string): Contender | string {
  const cut = text.indexOf(':');
  const agent = trialAgentIds.find((id) => id !== 'command' && id === text.slice(0, Math.max(0, cut)).trim());
  const rest = text.slice(cut + 1).trim();
  const at = rest.lastIndexOf('@');
  const model = at < 0 ? rest : rest.slice(0, at);
  if (agent === undefined || model === '') {
    return `"${text}" names no agent and model: write agent:model or agent:model@effort, for example claude-code:claude-sonnet-4-5@high.`;
  }
  return { agent, model, effort: at < 0 ? null : rest.slice(at + 1), args: [], command: null };
}
