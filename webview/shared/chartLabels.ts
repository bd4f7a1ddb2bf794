import { shortened } from './chartSpec.ts';
import type { ChartTheme } from './chartTheme.ts';

/** A text that wants to stand beside a mark, in pixels of the canvas. */
export interface WantedLabel {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  /** The only side that will do; without one, whichever has room. */
  readonly side?: 'left' | 'right';
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const GAP_PX = 9;
const MOST_LETTERS = 26;

/**
 * Draws names beside their marks. A name that would cover another, or a mark, is tried on other sides and left out if none has room: its
 * mark still says it in its tooltip and in the table. Names at the ends of a slope move apart up and down instead.
 */
export function drawLabels(
  context: CanvasRenderingContext2D,
  labels: readonly WantedLabel[],
  { theme, area }: { readonly theme: ChartTheme; readonly area: Box },
): void {
  context.save();
  context.font = `${theme.fontSizePx}px ${theme.font}`;
  context.fillStyle = theme.text;
  context.textBaseline = 'middle';
  const height = theme.fontSizePx + 2;
  const taken: Box[] = labels.map(({ x, y }) => ({ left: x - 5, top: y - 5, right: x + 5, bottom: y + 5 }));
  for (const { text, x, y, side } of labels.toSorted((a, b) => a.y - b.y)) {
    const room = side === 'left' ? x - GAP_PX : context.canvas.clientWidth - x - GAP_PX;
    const shown = fitting(context, text, side === undefined ? Number.POSITIVE_INFINITY : room);
    const { width } = context.measureText(shown);
    const fixed = side === undefined ? null : { align: side, y: freeHeight(taken, { x, y, side, width, height }) };
    const place =
      fixed === null ? freePlace(taken, { x, y, width, height, area }) : boxAt(x, fixed.y, fixed.align, width, height);
    if (place === null) continue;
    taken.push(place);
    context.fillStyle = theme.background;
    context.globalAlpha = 0.8;
    context.fillRect(place.left - 2, place.top + 1, width + 4, place.bottom - place.top - 2);
    context.globalAlpha = 1;
    context.fillStyle = theme.text;
    context.fillText(shown, place.left, (place.top + place.bottom) / 2);
  }
  context.restore();
}

function fitting(context: CanvasRenderingContext2D, text: string, roomPx: number): string {
  for (let most = MOST_LETTERS; most > 5; most -= 1) {
    const cut = shortened(text, most);
    if (context.measureText(cut).width <= roomPx) return cut;
  }
  return shortened(text, 5);
}

function boxAt(x: number, y: number, side: 'left' | 'right', width: number, height: number): Box {
  const left = side === 'right' ? x + GAP_PX : x - GAP_PX - width;
  return { left, top: y - height / 2, right: left + width, bottom: y + height / 2 };
}

/** Downward from its mark to the first height at which nothing stands. */
function freeHeight(
  taken: readonly Box[],
  want: {
    readonly x: number;
    readonly y: number;
    readonly side: 'left' | 'right';
    readonly width: number;
    readonly height: number;
  },
): number {
  for (let step = 0; step < 12; step += 1) {
    const y = want.y + step * (want.height / 2);
    const box = boxAt(want.x, y, want.side, want.width, want.height);
    if (!taken.some((other) => overlaps(box, other))) return y;
  }
  return want.y;
}

function freePlace(
  taken: readonly Box[],
  want: { readonly x: number; readonly y: number; readonly width: number; readonly height: number; readonly area: Box },
): Box | null {
  const { x, y, width, height, area } = want;
  const middle = x - width / 2;
  const candidates: readonly Box[] = [
    boxAt(x, y, 'right', width, height),
    boxAt(x, y, 'left', width, height),
    { left: middle, top: y - GAP_PX - height, right: middle + width, bottom: y - GAP_PX },
    { left: middle, top: y + GAP_PX, right: middle + width, bottom: y + GAP_PX + height },
  ];
  const fits = (box: Box): boolean =>
    box.left >= area.left - 2 &&
    box.right <= area.right + 2 &&
    box.top >= area.top - height &&
    box.bottom <= area.bottom;
  return candidates.find((box) => fits(box) && !taken.some((other) => overlaps(box, other))) ?? null;
}

function overlaps(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
