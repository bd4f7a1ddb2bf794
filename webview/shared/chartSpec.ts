/*
 * What a chart shows, in plain data: pages build it, `charts.ts` draws it, tests read it. Nothing here knows the library that draws.
 */

/** How marks of one thing look, wherever it is drawn: hue, shape, dash and hatch all follow from its place, so that none speaks alone. */
export interface Look {
  /** From 0; what is compared with each other has places of its own. -1 is the colour of text, for lines that are no model. */
  readonly place: number;
  /** Outline only: not the user's own work. */
  readonly isHollow?: boolean;
  readonly isDashed?: boolean;
}

export interface ChartAxis {
  readonly title: string;
  /** `rank` counts downward from 1 and prints nothing but what `names` gives. */
  readonly scale: 'linear' | 'log' | 'rank';
  readonly print: (value: number) => string;
  readonly min?: number;
  readonly max?: number;
  /** Texts in place of numbers, by value. */
  readonly names?: Readonly<Record<number, string>>;
}

export interface ChartPoint {
  readonly x: number;
  readonly y: number;
  /** The point in one sentence: its tooltip, and what is read out. */
  readonly text: string;
  /** Drawn beside the point where there is room. */
  readonly label?: string;
  readonly side?: 'left' | 'right';
  /** Handed to `onActivate` at a click or Enter; points without one only speak. */
  readonly action?: string;
}

export interface PointSeries {
  readonly name: string;
  readonly look: Look;
  readonly points: readonly ChartPoint[];
  readonly line: 'none' | 'straight' | 'steps';
  readonly hasMarks: boolean;
}

export interface PointChart {
  readonly kind: 'points';
  readonly x: ChartAxis;
  readonly y: ChartAxis;
  readonly series: readonly PointSeries[];
  /** Room in pixels beside the plot for labels of points at its ends. */
  readonly labelRoom?: boolean;
}

export interface Bar {
  /** From 0 (from 1 on a log axis of ratios) to a value, or from one value to another. */
  readonly value: number | readonly [from: number, to: number];
  readonly text: string;
  /** An interval around the end of the bar; null is open upward. */
  readonly whisker?: readonly [low: number, high: number | null];
  readonly action?: string;
}

export interface BarSeries {
  readonly name: string;
  readonly look: Look;
  /** Series of one stack stand on each other, stacks beside each other: amounts that must not be added up are in different ones. */
  readonly stack?: string;
  /** One for each category; null where there is none. */
  readonly bars: readonly (Bar | null)[];
}

export interface BarChart {
  readonly kind: 'bars';
  readonly direction: 'across' | 'up';
  readonly categories: readonly string[];
  readonly value: ChartAxis;
  readonly series: readonly BarSeries[];
  readonly isStacked: boolean;
}

export type ChartSpec = PointChart | BarChart;

/** A mark that can be walked to: where it is in the chart, what it says and what it does. */
export interface Mark {
  readonly series: number;
  readonly index: number;
  readonly text: string;
  readonly action: string | null;
}

/** All marks in the order of the arrow keys: from left to right in a series, series after series; bars category after category. */
export function marksOf(spec: ChartSpec): readonly Mark[] {
  if (spec.kind === 'points') {
    return spec.series.flatMap(({ points, hasMarks }, series) =>
      hasMarks ? points.map(({ text, action }, index): Mark => ({ series, index, text, action: action ?? null })) : [],
    );
  }
  return spec.categories.flatMap((_, index) =>
    spec.series.flatMap(({ bars }, series): Mark[] => {
      const bar = bars[index] ?? null;
      return bar === null ? [] : [{ series, index, text: bar.text, action: bar.action ?? null }];
    }),
  );
}

/** The place of the mark that a key leads to; null for keys that lead nowhere. Without a mark yet, any of them leads to an end. */
export function nextMark(key: string, at: number | null, count: number): number | null {
  if (count === 0) return null;
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return at === null ? 0 : Math.min(count - 1, at + 1);
    case 'ArrowLeft':
    case 'ArrowUp':
      return at === null ? count - 1 : Math.max(0, at - 1);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}

/** Texts of at most `width` characters a line, for tooltips. */
export function wrapped(text: string, width = 46): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

/** At most `most` characters, cut in the middle: models are told apart by both ends of their names. */
export function shortened(text: string, most: number): string {
  const letters = [...text];
  if (letters.length <= most) return text;
  const tail = Math.floor((most - 1) / 2);
  return `${letters.slice(0, most - 1 - tail).join('')}…${letters.slice(letters.length - tail).join('')}`;
}

/** Ticks of a log axis: 1, 2 and 5 of each power of ten, only the powers where the axis is long or the room small. */
export function logTicks(min: number, max: number, most: number): readonly number[] {
  if (!(min > 0) || !(max > min)) return [];
  const first = Math.floor(Math.log10(min));
  const last = Math.ceil(Math.log10(max));
  const powers = Array.from({ length: last - first + 1 }, (_, place) => 10 ** (first + place));
  const isIn = (value: number): boolean => value >= min * (1 - 1e-9) && value <= max * (1 + 1e-9);
  const fine = powers.flatMap((power) => [power, 2 * power, 5 * power]).filter(isIn);
  if (fine.length <= most) return fine;
  const coarse = powers.filter(isIn);
  const step = Math.max(1, Math.ceil(coarse.length / most));
  return coarse.filter((_, place) => place % step === 0);
}
