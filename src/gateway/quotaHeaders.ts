import { type QuotaWindow, quotaWindow } from '../domain/quota.ts';
import { type CodexLimit, codexWindows } from '../wire/codexLimits.ts';

/**
 * Anthropic's windows: all models, and the weekly ones of some. The overage that accounts may buy is no window of the
 * subscription and is left out.
 */
const anthropicWindows = ['5h', '7d', '7d_opus', '7d_sonnet', '7d_oi'] as const;
const anthropicName = (window: string, what: string): string => `anthropic-ratelimit-unified-${window}-${what}`;
const codexName = (slot: string, what: string): string => `x-codex-${slot}-${what}`;

/** All that is ever read of a response's headers for this. */
const names: ReadonlySet<string> = new Set([
  ...anthropicWindows.flatMap((window) => ['utilization', 'reset'].map((what) => anthropicName(window, what))),
  ...['primary', 'secondary'].flatMap((slot) =>
    ['used-percent', 'window-minutes', 'reset-after-seconds', 'reset-at'].map((what) => codexName(slot, what)),
  ),
]);
const LONGEST_NAME = Math.max(...[...names].map((name) => name.length));
const SHORTEST_NAME = Math.min(...[...names].map((name) => name.length));
const LONGEST_VALUE = 40;

type Values = ReadonlyMap<string, string>;

/** The subscription windows that a response's headers tell of, in numbers. Never throws; nonsense is no window. */
export function quotaOfHeaders(rawHeaders: readonly string[], observedAtMs: number): readonly QuotaWindow[] {
  const values = quotaValues(rawHeaders);
  if (values === null) return [];
  const limits = { primary: codexLimit(values, 'primary'), secondary: codexLimit(values, 'secondary') };
  return [
    ...anthropicWindows.flatMap((id) => {
      const usedShare = numberOf(values.get(anthropicName(id, 'utilization')));
      const resetsAtMs = momentOf(values.get(anthropicName(id, 'reset')));
      return quotaWindow({ id, usedShare, resetsAtMs, observedAtMs }) ?? [];
    }),
    ...codexWindows(limits, observedAtMs),
  ];
}

/** The first value of each name; null for the many responses that have none. */
function quotaValues(rawHeaders: readonly string[]): Values | null {
  let values: Map<string, string> | null = null;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length < SHORTEST_NAME || name.length > LONGEST_NAME) continue;
    const lower = name.toLowerCase();
    if (!names.has(lower) || values?.has(lower)) continue;
    values ??= new Map();
    values.set(lower, rawHeaders[i + 1] as string);
  }
  return values;
}

function codexLimit(values: Values, slot: string): CodexLimit {
  const read = (what: string): number | null => numberOf(values.get(codexName(slot, what)));
  return {
    usedPercent: read('used-percent'),
    windowMinutes: read('window-minutes'),
    resetAfterSeconds: read('reset-after-seconds'),
    resetAtSeconds: read('reset-at'),
  };
}

/** A plain decimal number. */
function numberOf(text: string | undefined): number | null {
  if (text === undefined || text.length > LONGEST_VALUE || !/^\s*\d{1,12}(?:\.\d{0,20})?\s*$/.test(text)) return null;
  return Number(text);
}

/** Seconds since 1970, as Anthropic sends, or a date and time with its zone, as its documentation has for other limits. */
function momentOf(text: string | undefined): number | null {
  const seconds = numberOf(text);
  if (seconds !== null) return Math.round(seconds * 1000);
  const isMoment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
  if (text === undefined || text.length > LONGEST_VALUE || !isMoment.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}
