import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  type ChartDataset,
  LinearScale,
  LineElement,
  LogarithmicScale,
  type Plugin,
  PointElement,
  type ScaleOptionsByType,
  ScatterController,
  Tooltip,
} from 'chart.js';
import { drawLabels, type WantedLabel } from './chartLabels.ts';
import {
  type BarChart,
  type ChartAxis,
  type ChartSpec,
  logTicks,
  marksOf,
  type PointChart,
  shortened,
  wrapped,
} from './chartSpec.ts';
import { type ChartTheme, dashOf, fillOf, hueOf, readChartTheme, shapeOf } from './chartTheme.ts';

// The only place that knows `chart.js`, with no more of it than is drawn here.
Chart.register(
  BarController,
  ScatterController,
  BarElement,
  LineElement,
  PointElement,
  CategoryScale,
  LinearScale,
  LogarithmicScale,
  Tooltip,
);

const NARROW_PX = 420;

/** One chart on one canvas. */
export class DrawnChart {
  readonly #chart: Chart;
  readonly #spec: ChartSpec;
  readonly #theme: ChartTheme;

  /** `onPress` gets the place in `marksOf` of the mark that was clicked. */
  constructor(canvas: HTMLCanvasElement, spec: ChartSpec, onPress: (mark: number) => void) {
    this.#spec = spec;
    this.#theme = readChartTheme();
    const isNarrow = (canvas.parentElement?.clientWidth ?? 0) < NARROW_PX;
    const drawing = { theme: this.#theme, isNarrow };
    const config = spec.kind === 'points' ? pointConfig(spec, drawing) : barConfig(spec, drawing);
    this.#chart = new Chart(canvas, {
      ...config,
      options: {
        ...config.options,
        onClick: (_event, found) => {
          const [first] = found;
          if (first === undefined) return;
          const at = marksOf(spec).findIndex(
            ({ series, index }) => series === first.datasetIndex && index === first.index,
          );
          if (at >= 0) onPress(at);
        },
      },
    } as ChartConfiguration);
  }

  /** Points at a mark as the mouse would; null at none. */
  point(at: number | null): void {
    const mark = at === null ? undefined : marksOf(this.#spec)[at];
    const active = mark === undefined ? [] : [{ datasetIndex: mark.series, index: mark.index }];
    const element = mark === undefined ? undefined : this.#chart.getDatasetMeta(mark.series).data[mark.index];
    this.#chart.setActiveElements(active);
    this.#chart.tooltip?.setActiveElements(active, { x: element?.x ?? 0, y: element?.y ?? 0 });
    this.#chart.update('none');
  }

  /** The picture with a title over it, on the page's own background, as base64 of a PNG. */
  picture(title: string): string {
    const { canvas } = this.#chart;
    const scale = this.#chart.currentDevicePixelRatio;
    const headPx = 34 * scale;
    const sheet = document.createElement('canvas');
    sheet.width = canvas.width;
    sheet.height = canvas.height + headPx;
    const context = sheet.getContext('2d');
    if (context === null) return '';
    context.fillStyle = this.#theme.background;
    context.fillRect(0, 0, sheet.width, sheet.height);
    context.fillStyle = this.#theme.text;
    context.font = `600 ${14 * scale}px ${this.#theme.font}`;
    context.textBaseline = 'middle';
    context.fillText(title, 10 * scale, headPx / 2, sheet.width - 20 * scale);
    context.drawImage(canvas, 0, headPx);
    return sheet.toDataURL('image/png').replace(/^data:image\/png;base64,/, '');
  }

  destroy(): void {
    this.#chart.destroy();
  }
}

interface Drawing {
  readonly theme: ChartTheme;
  readonly isNarrow: boolean;
}

function pointConfig(spec: PointChart, drawing: Drawing): ChartConfiguration<'scatter'> {
  const { theme, isNarrow } = drawing;
  const datasets = spec.series.map(
    ({ name, look, points, line, hasMarks }): ChartDataset<'scatter'> => ({
      label: name,
      data: points.map(({ x, y }) => ({ x, y })),
      showLine: line !== 'none',
      stepped: line === 'steps' ? 'before' : false,
      borderColor: hueOf(look, theme),
      borderWidth: 2,
      borderDash: [...dashOf(look)],
      pointStyle: shapeOf(look),
      pointRadius: hasMarks ? 5 : 0,
      pointHoverRadius: hasMarks ? 8 : 0,
      pointHitRadius: hasMarks ? 10 : 0,
      pointBorderWidth: 2,
      // Marks on an edge of the plot are whole.
      clip: 12,
      pointBackgroundColor: look.isHollow === true ? 'transparent' : hueOf(look, theme),
      fill: false,
    }),
  );
  const room = spec.labelRoom === true ? (isNarrow ? 84 : 170) : 0;
  return {
    type: 'scatter',
    data: { datasets },
    options: {
      ...baseOptions(drawing, (series, index) => spec.series[series]?.points[index]?.text ?? ''),
      layout: { padding: { left: room, right: Math.max(room, 12), top: 14 } },
      scales: {
        x: scaleOf(spec.x, drawing, 'x') as ScaleOptionsByType<'linear'>,
        y: scaleOf(spec.y, drawing, 'y') as ScaleOptionsByType<'linear'>,
      },
    },
    plugins: [labelPlugin(spec, theme)],
  };
}

function barConfig(spec: BarChart, drawing: Drawing): ChartConfiguration<'bar'> {
  const { theme, isNarrow } = drawing;
  const isAcross = spec.direction === 'across';
  const datasets = spec.series.map(
    ({ name, look, bars, stack }): ChartDataset<'bar'> => ({
      label: name,
      ...(stack === undefined ? {} : { stack }),
      data: bars.map((bar) => spanOf(bar?.value ?? null)),
      backgroundColor: fillOf(look, theme),
      borderColor: hueOf(look, theme),
      borderWidth: 1.5,
      borderSkipped: false,
      maxBarThickness: 34,
      minBarLength: 2,
    }),
  );
  const category = {
    type: 'category',
    stacked: spec.isStacked,
    grid: { display: false },
    border: { color: theme.grid },
    ticks: {
      ...tickFont(theme),
      autoSkip: !isAcross,
      maxRotation: 60,
      callback: (_: unknown, index: number) => shortened(spec.categories[index] ?? '', isNarrow ? 13 : 30),
    },
  };
  const value = {
    ...(scaleOf(spec.value, drawing, isAcross ? 'x' : 'y') as object),
    stacked: spec.isStacked,
    ...(spec.value.max === undefined ? { suggestedMax: highestWhisker(spec) } : {}),
  };
  return {
    type: 'bar',
    data: { labels: [...spec.categories], datasets },
    options: {
      ...baseOptions(drawing, (series, index) => spec.series[series]?.bars[index]?.text ?? ''),
      indexAxis: isAcross ? 'y' : 'x',
      layout: { padding: { right: 14, top: 6 } },
      scales: (isAcross ? { x: value, y: category } : { x: category, y: value }) as never,
    },
    plugins: [whiskerPlugin(spec, theme)],
  };
}

function spanOf(value: number | readonly [number, number] | null): number | [number, number] | null {
  return value === null || typeof value === 'number' ? value : [value[0], value[1]];
}

/** Intervals are within the plot. */
function highestWhisker(spec: BarChart): number {
  return Math.max(0, ...spec.series.flatMap(({ bars }) => bars.map((bar) => bar?.whisker?.[1] ?? 0)));
}

function baseOptions({ theme }: Drawing, textOf: (series: number, index: number) => string) {
  return {
    // Nothing moves: figures are not a show, and reduced motion needs no exception.
    animation: false as const,
    responsive: true,
    maintainAspectRatio: false,
    interaction: { mode: 'nearest' as const, intersect: true },
    plugins: {
      tooltip: {
        backgroundColor: theme.background,
        titleColor: theme.text,
        bodyColor: theme.text,
        borderColor: theme.text,
        borderWidth: 1,
        displayColors: false,
        bodyFont: { family: theme.font, size: theme.fontSizePx },
        callbacks: {
          title: () => '',
          label: ({ datasetIndex, dataIndex }: { datasetIndex: number; dataIndex: number }) => [
            ...wrapped(textOf(datasetIndex, dataIndex)),
          ],
        },
      },
    },
  };
}

function tickFont(theme: ChartTheme) {
  return { color: theme.text, font: { family: theme.font, size: theme.fontSizePx } };
}

/** Loose, because the library types its kinds of scales apart. */
function scaleOf(axis: ChartAxis, { theme, isNarrow }: Drawing, side: 'x' | 'y'): unknown {
  const { names } = axis;
  const hasNames = names !== undefined;
  return {
    type: axis.scale === 'log' ? 'logarithmic' : 'linear',
    reverse: axis.scale === 'rank',
    ...(axis.min === undefined ? {} : { min: axis.min }),
    ...(axis.max === undefined ? {} : { max: axis.max }),
    title: {
      display: axis.title !== '',
      text: axis.title,
      color: theme.quiet,
      font: { family: theme.font, size: theme.fontSizePx },
    },
    // Room for texts is in the padding of the layout, which an empty axis must not take.
    afterFit: axis.scale === 'rank' ? (scale: { width: number }) => Object.assign(scale, { width: 0 }) : undefined,
    // The library's own ticks of a log axis have more lines than numbers.
    afterBuildTicks:
      axis.scale === 'log'
        ? (scale: { min: number; max: number; ticks: { value: number }[] }) => {
            const ticks = logTicks(scale.min, scale.max, side === 'x' && isNarrow ? 4 : 8);
            scale.ticks = ticks.map((value) => ({ value }));
          }
        : undefined,
    grid: { color: theme.grid, display: axis.scale !== 'rank', drawTicks: false },
    border: { color: theme.grid, display: axis.scale !== 'rank' },
    ticks: {
      ...tickFont(theme),
      padding: 6,
      maxRotation: 0,
      autoSkipPadding: isNarrow ? 14 : 8,
      ...(hasNames || axis.scale === 'rank' ? { stepSize: 1, autoSkip: false } : {}),
      ...(axis.scale === 'log' ? { autoSkip: false } : {}),
      ...(side === 'x' && isNarrow && !hasNames ? { maxTicksLimit: 5 } : {}),
      callback: (raw: number | string) => {
        const value = Number(raw);
        if (names !== undefined) return names[value] ?? '';
        if (axis.scale === 'rank') return '';
        return axis.print(value);
      },
    },
  };
}

function labelPlugin(spec: PointChart, theme: ChartTheme): Plugin<'scatter'> {
  return {
    id: 'labels',
    afterDatasetsDraw: (chart) => {
      const labels = spec.series.flatMap(({ points }, series) =>
        points.flatMap(({ label, side }, index): WantedLabel[] => {
          const element = chart.getDatasetMeta(series).data[index];
          if (label === undefined || element === undefined) return [];
          return [{ text: label, x: element.x, y: element.y, ...(side === undefined ? {} : { side }) }];
        }),
      );
      drawLabels(chart.ctx, labels, { theme, area: chart.chartArea });
    },
  };
}

/** Intervals as lines with ends; one that is open upward ends in an arrow at the edge. */
function whiskerPlugin(spec: BarChart, theme: ChartTheme): Plugin<'bar'> {
  return {
    id: 'whiskers',
    afterDatasetsDraw: (chart) => {
      const { ctx, chartArea } = chart;
      const isAcross = spec.direction === 'across';
      const scale = chart.scales[isAcross ? 'x' : 'y'];
      if (scale === undefined) return;
      ctx.save();
      ctx.strokeStyle = theme.text;
      ctx.lineWidth = 2;
      for (const [series, { bars }] of spec.series.entries()) {
        for (const [index, bar] of bars.entries()) {
          const element = chart.getDatasetMeta(series).data[index];
          if (bar?.whisker === undefined || element === undefined) continue;
          const [low, high] = bar.whisker;
          const from = scale.getPixelForValue(low);
          const to = high === null ? (isAcross ? chartArea.right : chartArea.top) : scale.getPixelForValue(high);
          const middle = isAcross ? element.y : element.x;
          drawWhisker(ctx, { from, to, middle, isAcross, isOpen: high === null });
        }
      }
      ctx.restore();
    },
  };
}

function drawWhisker(
  context: CanvasRenderingContext2D,
  whisker: {
    readonly from: number;
    readonly to: number;
    readonly middle: number;
    readonly isAcross: boolean;
    readonly isOpen: boolean;
  },
): void {
  const { from, to, middle, isAcross, isOpen } = whisker;
  const at = (along: number, aside: number): [number, number] =>
    isAcross ? [along, middle + aside] : [middle + aside, along];
  const back = Math.sign(from - to) * 6;
  context.beginPath();
  context.moveTo(...at(from, -5));
  context.lineTo(...at(from, 5));
  context.moveTo(...at(from, 0));
  context.lineTo(...at(to, 0));
  context.moveTo(...at(isOpen ? to + back : to, -5));
  if (isOpen) context.lineTo(...at(to, 0));
  context.lineTo(...at(isOpen ? to + back : to, 5));
  context.stroke();
}
