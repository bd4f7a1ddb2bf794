import { printDuration, printPercent, printUsd, printWhole } from '../domain/format.ts';
import type { FrontierAxis, FrontierPoint } from './contract.ts';
import { counted, printTimes } from './sentences.ts';

type Labels = ReadonlyMap<string, string>;

interface PointContext {
  readonly axis: FrontierAxis;
  readonly labels: Labels;
  readonly isOwn: boolean;
}

/** What is on the horizontal axis, in words. */
const axisNouns: Readonly<Record<FrontierAxis, string>> = {
  cost: 'a task',
  costOfPass: 'a pass',
  thinkingTokens: 'a task',
  seconds: 'a task',
};

/** A model on the frontier's plane in one plain sentence. */
export function pointSentence(point: Omit<FrontierPoint, 'sentence'>, { axis, labels, isOwn }: PointContext): string {
  const name = labels.get(point.model) ?? point.model;
  const place = `${name} passes ${printPercent(point.passRate)} at ${printX(point.x, axis)} ${axisNouns[axis]}`;
  if (isOwn) return `${place}, on ${counted(point.tasks, 'task')} of its own.`;
  if (point.isOnFrontier) return `${place} and is on the frontier.`;
  const { sameQualityFor, sameCostGives } = point;
  const reasons: string[] = [];
  if (sameQualityFor !== null) {
    const other = labels.get(sameQualityFor.model) ?? sameQualityFor.model;
    const factor =
      sameQualityFor.factor === null ? 'for nothing' : `for ${printTimes(sameQualityFor.factor)} times less`;
    reasons.push(`${other} passes as much or more ${factor}`);
  }
  if (sameCostGives !== null) {
    const other = labels.get(sameCostGives.model) ?? sameCostGives.model;
    reasons.push(`${other} passes ${points(sameCostGives.morePassRate)} more for no more`);
  }
  return `${place}; ${reasons.join(', and ')}.`;
}

export function frontierSentence(
  facts: {
    readonly axis: FrontierAxis;
    readonly isOwn: boolean;
    readonly tasks: number;
    readonly models: number;
    readonly steps: readonly string[];
  },
  labels: Labels,
): string {
  const names = facts.steps.map((key) => labels.get(key) ?? key);
  if (facts.models === 1) return `${names[0]} is the only model here, so it is the frontier.`;
  if (facts.isOwn) return `These ${facts.models} models share no task: different work, no verdict.`;
  return `On ${counted(facts.tasks, 'common task')} the frontier is ${names.join(', ')}.`;
}

export function printX(x: number, axis: FrontierAxis): string {
  if (axis === 'thinkingTokens') return `${printWhole(x)} thinking tokens`;
  return axis === 'seconds' ? printDuration(x * 1000) : printUsd(x);
}

function points(share: number): string {
  return `${Math.round(share * 1000) / 10} points`;
}
