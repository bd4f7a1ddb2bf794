import type { Figure } from '../domain/figure.ts';
import { describeFigure, formatFigure, printCompact, printUsd, printUsdFine, printWhole } from '../domain/format.ts';

/** A figure ready to be printed: what stands on screen, and the same in words for tooltips and screen readers. */
export interface Shown {
  readonly text: string;
  readonly spoken: string;
}

export const showUsd = (figure: Figure): Shown => ({
  text: formatFigure(figure, printUsd),
  spoken: describeFigure(figure, printUsdFine),
});

export const showUsdFine = (figure: Figure): Shown => ({
  text: formatFigure(figure, printUsdFine),
  spoken: describeFigure(figure, printUsdFine),
});

/** Tokens in short on screen and in full in words. */
export const showTokens = (figure: Figure): Shown => ({
  text: formatFigure(figure, printCompact),
  spoken: describeFigure(figure, printWhole),
});

export const showCount = (figure: Figure): Shown => ({
  text: formatFigure(figure, printWhole),
  spoken: describeFigure(figure, printWhole),
});

/** Ids keep their head, which people know them by, and their tail, which tells time-ordered ids apart. */
export function shortenId(id: string): string {
  const characters = [...id];
  if (characters.length <= 13) return id;
  return `${characters.slice(0, 6).join('')}…${characters.slice(-4).join('')}`;
}

/** Prints moments of the meter's clock in the reader's time zone. */
export class TimePrinter {
  readonly #day: Intl.DateTimeFormat;
  readonly #time: Intl.DateTimeFormat;

  /** `timeZone` is an IANA name; without it, the machine's own. */
  constructor(timeZone?: string) {
    const zone = timeZone === undefined ? {} : { timeZone };
    this.#day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', ...zone });
    this.#time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', ...zone });
  }

  /** Only the time on the day of `nowMs`, else the day and the time without seconds. */
  print(atMs: number, nowMs: number): string {
    const day = this.#day.format(atMs);
    const time = this.#time.format(atMs);
    return day === this.#day.format(nowMs) ? time : `${day}, ${time.slice(0, 5)}`;
  }

  /** As `print`, never with seconds. */
  printMinute(atMs: number, nowMs: number): string {
    const day = this.#day.format(atMs);
    const time = this.#time.format(atMs).slice(0, 5);
    return day === this.#day.format(nowMs) ? time : `${day}, ${time}`;
  }

  printFull(atMs: number): string {
    return `${this.#day.format(atMs)}, ${this.#time.format(atMs)}`;
  }
}
