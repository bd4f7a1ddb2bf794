import { type QuotaWindow, quotaWindow } from '../domain/quota.ts';
import { field, type JsonObject, objectField, textField } from './json.ts';

/** What ChatGPT's Codex back end tells of one window, in its headers or in an event; null is what it does not tell. */
export interface CodexLimit {
  readonly usedPercent: number | null;
  readonly windowMinutes: number | null;
  readonly resetAfterSeconds: number | null;
  /** Seconds since 1970. */
  readonly resetAtSeconds: number | null;
}

export interface CodexLimits {
  readonly primary: CodexLimit;
  readonly secondary: CodexLimit;
}

/** The windows that were told of. Which of the two is the 5-hour one depends on the plan: only the length that is told counts. */
export function codexWindows(limits: CodexLimits, observedAtMs: number): readonly QuotaWindow[] {
  const windows: QuotaWindow[] = [];
  for (const slot of ['primary', 'secondary'] as const) {
    const limit = limits[slot];
    const id = windowId(limit.windowMinutes, slot);
    if (id === null || windows.some((window) => window.id === id)) continue;
    const usedShare = limit.usedPercent === null ? null : limit.usedPercent / 100;
    const window = quotaWindow({ id, usedShare, resetsAtMs: resetOf(limit, observedAtMs), observedAtMs });
    if (window !== null) windows.push(window);
  }
  return windows;
}

/** A span from now is right by our own clock, which the time of day may not be. */
function resetOf({ resetAfterSeconds, resetAtSeconds }: CodexLimit, observedAtMs: number): number | null {
  if (resetAfterSeconds !== null && resetAfterSeconds >= 0) return Math.round(observedAtMs + resetAfterSeconds * 1000);
  return resetAtSeconds === null ? null : Math.round(resetAtSeconds * 1000);
}

const MOST_MINUTES = 366 * 24 * 60;

/** Null where there is no such window: plans with one window report another one of 0 minutes. */
function windowId(minutes: number | null, slot: string): string | null {
  if (minutes === null) return slot;
  if (!(minutes >= 1 && minutes <= MOST_MINUTES)) return null;
  // 299 and 10079 minutes have been sent for 5 hours and 7 days.
  for (const [unit, unitMinutes] of [
    ['d', 24 * 60],
    ['h', 60],
  ] as const) {
    const count = Math.round(minutes / unitMinutes);
    if (Math.abs(minutes - count * unitMinutes) <= minutes / 100) return `${count}${unit}`;
  }
  return `${Math.round(minutes)}min`;
}

/**
 * The limits in a `codex.rate_limits` event, which the back end may put into a stream; null where it is about something else
 * than the plan's own limits, such as those of one model.
 */
export function codexLimitsOfEvent(event: JsonObject): CodexLimits | null {
  const name = textField(event, 'metered_limit_name') ?? textField(event, 'limit_name');
  const limits = objectField(event, 'rate_limits');
  if (limits === null || (name !== null && name.toLowerCase() !== 'codex')) return null;
  return { primary: limitOf(objectField(limits, 'primary')), secondary: limitOf(objectField(limits, 'secondary')) };
}

function limitOf(object: JsonObject | null): CodexLimit {
  return {
    usedPercent: numberField(object, 'used_percent'),
    windowMinutes: numberField(object, 'window_minutes'),
    resetAfterSeconds: numberField(object, 'reset_after_seconds'),
    resetAtSeconds: numberField(object, 'reset_at'),
  };
}

function numberField(object: JsonObject | null, name: string): number | null {
  const value = field(object, name);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
