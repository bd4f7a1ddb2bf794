import type { TrialPlan, TrialRun } from '../protocol/trials.ts';

/**
 * The runs of a plan in the order in which they start. Each round holds every contender on every task once, shuffled by the seed, so that
 * the time of day favours nobody and a trial that ends early has tried all of them equally often.
 */
export function runOrder({ contenders, tasks, runs, seed }: TrialPlan): readonly TrialRun[] {
  const random = randomFrom(seed);
  const ordered: TrialRun[] = [];
  for (let attempt = 1; attempt <= runs; attempt++) {
    const round = tasks.flatMap((_, task) => contenders.map((__, contender) => ({ task, contender })));
    for (let at = round.length - 1; at > 0; at--) {
      const other = Math.floor(random() * (at + 1));
      const [a, b] = [round[at], round[other]];
      if (a !== undefined && b !== undefined) [round[at], round[other]] = [b, a];
    }
    for (const { task, contender } of round) ordered.push(newRun(ordered.length + 1, task, contender, attempt));
  }
  return ordered;
}

function newRun(number: number, task: number, contender: number, attempt: number): TrialRun {
  return {
    ...{ number, task, contender, attempt },
    phase: 'waiting',
    outcome: null,
    because: null,
    taskId: null,
    worktree: null,
    startedAtMs: null,
    endedAtMs: null,
    agentMs: null,
    limitNanoUsd: null,
    figures: null,
    checks: [],
    diff: null,
    commit: null,
    commandLine: null,
  };
}

/** The same run before anything was done for it. */
export function freshRun({ number, task, contender, attempt }: TrialRun): TrialRun {
  return newRun(number, task, contender, attempt);
}

/** Mulberry32: small, seeded, and the same on every machine. Nothing secret depends on it. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
