import { printable } from './printable.ts';

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Columns with a rank are left out where the line is too narrow, the highest first. */
  readonly dropRank?: number;
  /** The column may be shortened to this many characters before others are left out. */
  readonly minWidth?: number;
}

const gap = '  ';

/**
 * Lines of an aligned table, at most `width` characters each as long as the columns that may not be left out fit. `rule` is the
 * index of the row that a line is drawn above, for totals.
 */
export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width, rule }: { readonly width: number; readonly rule: number | null },
): string {
  const cells = [columns.map((column) => column.title), ...rows.map((row) => row.map(printable))];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => lengthOf(row[index] ?? ''))));
  const kept = keptColumns(columns, widths, width);
  const fitted = fitWidths(columns, widths, { kept, width });
  const lines = cells.map((row) =>
    kept
      .map((index) => pad(shorten(row[index] ?? '', fitted[index] ?? 0), fitted[index] ?? 0, columns[index]?.align))
      .join(gap)
      .trimEnd(),
  );
  if (rule !== null) lines.splice(rule + 1, 0, '-'.repeat(lineWidth(kept, fitted)));
  return `${lines.join('\n')}\n`;
}

/** Drops columns one after the other until what is left fits with every shortenable column at its shortest. */
function keptColumns(columns: readonly Column[], widths: readonly number[], width: number): readonly number[] {
  const shortest = widths.map((size, index) => Math.min(size, columns[index]?.minWidth ?? size));
  let kept = columns.map((_, index) => index);
  while (lineWidth(kept, shortest) > width) {
    const rank = (index: number) => columns[index]?.dropRank ?? 0;
    const next = kept.reduce((worst, index) => (rank(index) > rank(worst) ? index : worst));
    if (rank(next) === 0) break;
    kept = kept.filter((index) => index !== next);
  }
  return kept;
}

/** Takes what is too much from the widest shortenable column, a character at a time. */
function fitWidths(
  columns: readonly Column[],
  widths: readonly number[],
  { kept, width }: { readonly kept: readonly number[]; readonly width: number },
): readonly number[] {
  const fitted = [...widths];
  for (let excess = lineWidth(kept, fitted) - width; excess > 0; excess--) {
    const candidates = kept.filter(
      (index) => (fitted[index] ?? 0) > (columns[index]?.minWidth ?? Number.POSITIVE_INFINITY),
    );
    if (candidates.length === 0) break;
    const widest = candidates.reduce((a, b) => ((fitted[b] ?? 0) > (fitted[a] ?? 0) ? b : a));
    fitted[widest] = (fitted[widest] ?? 0) - 1;
  }
  return fitted;
}

function lineWidth(kept: readonly number[], widths: readonly number[]): number {
  return kept.reduce((sum, index) => sum + (widths[index] ?? 0), 0) + gap.length * Math.max(0, kept.length - 1);
}

function lengthOf(text: string): number {
  return [...text].length;
}

function shorten(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

function pad(text: string, width: number, align: Column['align'] | undefined): string {
  const fill = ' '.repeat(Math.max(0, width - lengthOf(text)));
  return align === 'right' ? fill + text : text + fill;
}
