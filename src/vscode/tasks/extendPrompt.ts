import type { Dimension } from '../../domain/budget.ts';
import { parseAmount } from '../../domain/parseAmount.ts';
import { limitLineView, printShortAmount } from '../../protocol/limitView.ts';
import { taskStrings } from '../../protocol/taskStrings.ts';
import type { LimitLine, TaskView } from '../../protocol/tasks.ts';
import type { Dialogs } from '../dialogs.ts';

export interface Extension {
  readonly dimension: Dimension;
  readonly amount: number;
}

/** A quarter of a limit, whole, at least 1; dollars in cents, at least one. A limit of 0 has no quarter. */
export function quarterOf({ dimension, limit }: Pick<LimitLine, 'dimension' | 'limit'>): number | null {
  if (limit <= 0) return null;
  const step = dimension === 'costNanoUsd' ? 10_000_000 : 1;
  return Math.max(1, Math.round(limit / 4 / step)) * step;
}

/** Asks by how much a budget is extended; the limit that is nearest to its line stands first. */
export async function askExtension(
  dialogs: Dialogs,
  view: TaskView,
  wanted: Dimension | null,
): Promise<Extension | undefined> {
  const title = `Extend "${view.task.title}"`;
  const line = await askLine(dialogs, title, view, wanted);
  if (line === undefined) return undefined;
  const { dimension } = line;
  const quarter = quarterOf(line);
  const choice = await dialogs.pick<number | null>(title, limitLineView(line).text, [
    ...(quarter === null
      ? []
      : [
          {
            label: `By a quarter: ${printShortAmount(dimension, quarter)}`,
            description: newLimit(line, quarter),
            value: quarter,
          },
        ]),
    { label: 'By...', description: 'an amount of your own', value: null },
  ]);
  if (choice === undefined) return undefined;
  if (choice.value !== null) return { dimension, amount: choice.value };
  const text = await dialogs.input({
    title,
    prompt: `How much to add to ${printShortAmount(dimension, line.limit)}.`,
    placeHolder: dimension === 'costNanoUsd' ? '1 or 1.25' : '50000 or 50k',
    check: (written) => {
      const parsed = parseAmount(dimension, written);
      if (!parsed.ok) return { severity: 'error', text: parsed.problem };
      return parsed.value === 0 ? { severity: 'error', text: 'Nothing would be added.' } : null;
    },
  });
  const parsed = text === undefined ? null : parseAmount(dimension, text);
  return parsed?.ok === true ? { dimension, amount: parsed.value } : undefined;
}

const newLimit = ({ dimension, limit }: LimitLine, by: number): string =>
  `to ${printShortAmount(dimension, limit + by)}`;

async function askLine(
  dialogs: Dialogs,
  title: string,
  view: TaskView,
  wanted: Dimension | null,
): Promise<LimitLine | undefined> {
  const lines = [...view.limits].sort((a, b) => b.percent - a.percent);
  const named = lines.find(({ dimension }) => dimension === wanted);
  if (named !== undefined || lines.length < 2) return named ?? lines[0];
  const choices = lines.map((line) => ({
    label: taskStrings.dimension[line.dimension],
    description: limitLineView(line).text,
    value: line,
  }));
  return (await dialogs.pick(title, 'Which limit', choices))?.value;
}
