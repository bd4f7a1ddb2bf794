import type { ChartSpec } from './chartSpec.ts';
import { marksOf, nextMark } from './chartSpec.ts';
import { DrawnChart } from './charts.ts';
import { onThemeChange } from './chartTheme.ts';

/** A chart that a page wants, and what a press of one of its marks does. */
export interface HostedChart {
  readonly spec: ChartSpec;
  readonly onAction: (action: string) => void;
}

interface Standing {
  readonly drawn: DrawnChart;
  readonly signature: string;
  readonly hosted: HostedChart;
  at: number | null;
}

/**
 * Keeps the charts of a page on its canvases: draws those that are new or changed, leaves the rest alone, ends those that are gone. A
 * `.plot` around a canvas can be focused; the arrow keys walk its marks, which are read out, and Enter presses one.
 */
export class ChartHost {
  readonly #root: HTMLElement;
  readonly #standing = new Map<HTMLCanvasElement, Standing>();

  constructor(root: HTMLElement) {
    this.#root = root;
    root.addEventListener('keydown', (event) => this.#onKey(event));
    root.addEventListener('focusout', ({ target }) => {
      if (target instanceof Element && target.matches('.plot')) this.#leave(target);
    });
    onThemeChange(() => this.#redraw());
  }

  /** Call after each draw of the page. */
  show(charts: ReadonlyMap<string, HostedChart>): void {
    const wanted = new Set<HTMLCanvasElement>();
    for (const canvas of this.#root.querySelectorAll<HTMLCanvasElement>('canvas[data-chart]')) {
      const hosted = charts.get(canvas.dataset['chart'] ?? '');
      if (hosted === undefined) continue;
      wanted.add(canvas);
      this.#draw(canvas, hosted);
    }
    for (const [canvas, { drawn }] of this.#standing) {
      if (wanted.has(canvas)) continue;
      drawn.destroy();
      this.#standing.delete(canvas);
    }
  }

  /** The picture of a chart as base64 of a PNG; null where there is no such chart. */
  picture(name: string, title: string): string | null {
    for (const [canvas, { drawn }] of this.#standing) {
      if (canvas.dataset['chart'] === name) return drawn.picture(title);
    }
    return null;
  }

  #draw(canvas: HTMLCanvasElement, hosted: HostedChart): void {
    const before = this.#standing.get(canvas);
    const signature = JSON.stringify(hosted.spec);
    if (before?.signature === signature) {
      this.#standing.set(canvas, { ...before, hosted });
      return;
    }
    before?.drawn.destroy();
    const drawn = new DrawnChart(canvas, hosted.spec, (mark) => this.#press(canvas, mark));
    this.#standing.set(canvas, { drawn, signature, hosted, at: null });
  }

  #redraw(): void {
    // A copy: a chart that is drawn anew stands at the end of the map again.
    for (const [canvas, { hosted, drawn }] of [...this.#standing]) {
      drawn.destroy();
      this.#standing.delete(canvas);
      this.#draw(canvas, hosted);
    }
  }

  #onKey(event: KeyboardEvent): void {
    const { target } = event;
    if (!(target instanceof HTMLElement) || !target.matches('.plot') || event.altKey || event.ctrlKey || event.metaKey)
      return;
    const canvas = target.querySelector<HTMLCanvasElement>('canvas[data-chart]');
    const standing = canvas === null ? undefined : this.#standing.get(canvas);
    if (canvas === null || standing === undefined) return;
    if (event.key === 'Enter' && standing.at !== null) {
      this.#press(canvas, standing.at);
    } else if (event.key === 'Escape') {
      this.#leave(target);
    } else {
      const marks = marksOf(standing.hosted.spec);
      const next = nextMark(event.key, standing.at, marks.length);
      if (next === null) return;
      standing.at = next;
      standing.drawn.point(next);
      this.#readOut(target, marks[next]?.text ?? '');
    }
    event.preventDefault();
  }

  #leave(plot: Element): void {
    const canvas = plot.querySelector<HTMLCanvasElement>('canvas[data-chart]');
    const standing = canvas === null ? undefined : this.#standing.get(canvas);
    if (standing === undefined) return;
    standing.at = null;
    standing.drawn.point(null);
    this.#readOut(plot, '');
  }

  #readOut(plot: Element, text: string): void {
    const readout = plot.parentElement?.querySelector('.readout');
    if (readout) readout.textContent = text;
  }

  #press(canvas: HTMLCanvasElement, mark: number): void {
    const hosted = this.#standing.get(canvas)?.hosted;
    const action = hosted === undefined ? null : (marksOf(hosted.spec)[mark]?.action ?? null);
    if (action !== null) hosted?.onAction(action);
  }
}
