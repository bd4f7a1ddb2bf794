import type { Look } from './chartSpec.ts';

/** Colours of the theme as the editor has them now. */
export interface ChartTheme {
  readonly text: string;
  readonly quiet: string;
  readonly grid: string;
  readonly background: string;
  readonly font: string;
  readonly fontSizePx: number;
  /** By `Look.place`, over and over. */
  readonly hues: readonly string[];
}

const hueNames = ['blue', 'green', 'purple', 'yellow', 'red'] as const;

const FAINT = '#80808059';

/** Reads the editor's variables; under forced colours all marks have the colour of text and differ by shape, dash and hatch alone. */
export function readChartTheme(): ChartTheme {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string, or: string): string => style.getPropertyValue(`--vscode-${name}`).trim() || or;
  const isForced = matchMedia('(forced-colors: active)').matches;
  // Borders of high contrast are as strong as what is drawn: as a grid they would hide it.
  const isHighContrast = document.body.classList.contains('vscode-high-contrast');
  const text = isForced ? 'CanvasText' : read('foreground', '#808080');
  return {
    text,
    quiet: isForced ? 'CanvasText' : read('descriptionForeground', text),
    grid: isForced ? 'GrayText' : isHighContrast ? FAINT : read('widget-border', read('panel-border', FAINT)),
    background: isForced ? 'Canvas' : read('editor-background', '#ffffff'),
    font: read('font-family', 'sans-serif'),
    fontSizePx: Math.max(11, Number.parseFloat(read('font-size', '13')) - 1),
    hues: isForced ? [text] : [...hueNames.map((name) => read(`charts-${name}`, text)), text],
  };
}

export function hueOf({ place }: Look, theme: ChartTheme): string {
  return place < 0 ? theme.text : (theme.hues[place % theme.hues.length] ?? theme.text);
}

const shapes = ['circle', 'rect', 'triangle', 'rectRot', 'crossRot', 'star'] as const;

export type MarkShape = (typeof shapes)[number];

/** A second round of the same hues has other shapes. */
export function shapeOf({ place }: Look): MarkShape {
  return shapes[(Math.max(0, place) + Math.floor(Math.max(0, place) / 6)) % shapes.length] ?? 'circle';
}

const dashes: readonly (readonly number[])[] = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 4], [12, 4]];

export function dashOf({ place, isDashed }: Look): readonly number[] {
  if (isDashed === true) return [5, 4];
  return place < 0 ? [] : (dashes[place % dashes.length] ?? []);
}

const TILE_PX = 8;

/** Strokes of each hatch on a tile; the first is plain. */
const hatches: readonly ((context: CanvasRenderingContext2D) => void)[] = [
  () => undefined,
  (context) => strokes(context, [0, TILE_PX, TILE_PX, 0]),
  (context) => strokes(context, [0, 4, TILE_PX, 4]),
  (context) => strokes(context, [0, 0, TILE_PX, TILE_PX]),
  (context) => strokes(context, [4, 0, 4, TILE_PX]),
  (context) => strokes(context, [0, 0, TILE_PX, TILE_PX], [0, TILE_PX, TILE_PX, 0]),
];

/** Fill of a bar: its hue, and a hatch in the colour of the page for all places but the first of six. */
export function fillOf(look: Look, theme: ChartTheme): string | CanvasPattern {
  const hue = hueOf(look, theme);
  if (look.isHollow === true) return 'transparent';
  const hatch = look.place < 0 ? 0 : look.place % hatches.length;
  if (hatch === 0) return hue;
  const tile = document.createElement('canvas');
  tile.width = TILE_PX;
  tile.height = TILE_PX;
  const context = tile.getContext('2d');
  if (context === null) return hue;
  context.fillStyle = hue;
  context.fillRect(0, 0, TILE_PX, TILE_PX);
  context.strokeStyle = theme.background;
  context.lineWidth = 1.5;
  hatches[hatch]?.(context);
  return context.createPattern(tile, 'repeat') ?? hue;
}

function strokes(
  context: CanvasRenderingContext2D,
  ...lines: readonly (readonly [number, number, number, number])[]
): void {
  context.beginPath();
  for (const [fromX, fromY, toX, toY] of lines) {
    context.moveTo(fromX, fromY);
    context.lineTo(toX, toY);
  }
  context.stroke();
}

/** Calls back when the editor changes its theme or the system its forced colours. Returns the stop. */
export function onThemeChange(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'data-theme'] });
  const forced = matchMedia('(forced-colors: active)');
  forced.addEventListener('change', changed);
  return () => {
    observer.disconnect();
    forced.removeEventListener('change', changed);
  };
}
