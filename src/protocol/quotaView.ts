import { printPercent } from '../domain/format.ts';
import { type QuotaWindow, type WindowLength, windowLength } from '../domain/quota.ts';
import { nowStrings } from './nowStrings.ts';
import type { TimePrinter } from './shown.ts';
import type { NowSnapshot, ProviderQuota } from './snapshot.ts';
import { authTag } from './spendView.ts';

const WARNING_SHARE = 0.75;
const STRONG_SHARE = 0.9;

/** One subscription window in words. */
export interface QuotaLine {
  /** Stable over snapshots and unique in its list. */
  readonly key: string;
  readonly name: string;
  readonly use: string;
  /** What the level means, in a word or two; null where all is calm. */
  readonly alarm: string | null;
  readonly detail: string;
  /** All of it in one line. */
  readonly text: string;
  readonly level: 'calm' | 'warning' | 'strong';
  /** Length of the bar; null where the use is not known any more: no bar, not an empty one. */
  readonly share: number | null;
}

export interface QuotaView {
  readonly lines: readonly QuotaLine[];
  /** A sentence where there are windows of which this meter has not heard yet. */
  readonly unknown: string | null;
}

/** `nowMs` is the present by the meter's clock. */
interface QuotaEnv {
  readonly nowMs: number;
  readonly times: TimePrinter;
}

/** Null where there is nothing to say at all. */
export function quotaView(snapshot: NowSnapshot, env: QuotaEnv): QuotaView | null {
  const { quotas } = snapshot;
  const namesProvider = new Set(quotas.map(({ provider }) => provider)).size > 1;
  const lines = [...quotas]
    .sort((a, b) => compare(accountKey(a), accountKey(b)))
    .flatMap((quota) =>
      [...quota.windows].sort(byLength).map((window) => {
        const name = windowName(window.id, { provider: namesProvider ? quota.provider : null, auth: quota.auth });
        return quotaLine(window, { key: `${accountKey(quota)} ${window.id}`, name }, env);
      }),
    );
  const unknown = lines.length === 0 && isYetToCome(snapshot) ? nowStrings.quotaUnknown : null;
  return lines.length === 0 && unknown === null ? null : { lines, unknown };
}

/** The one place that decides what is said of a window. */
export function quotaLine(
  window: QuotaWindow,
  { key, name }: { readonly key: string; readonly name: string },
  { nowMs, times }: QuotaEnv,
): QuotaLine {
  const { usedShare, resetsAtMs, observedAtMs } = window;
  // A window of known length that was seen longer ago than that has ended, whenever that was.
  const lengthMs = windowLength(window.id)?.lengthMs ?? Number.POSITIVE_INFINITY;
  if (nowMs >= (resetsAtMs ?? observedAtMs + lengthMs)) {
    const use = nowStrings.quotaResetSince;
    const detail = nowStrings.quotaResetDetail(resetsAtMs === null ? null : times.printMinute(resetsAtMs, nowMs));
    return { key, name, use, alarm: null, detail, text: `${name}: ${use}, ${detail}`, level: 'calm', share: null };
  }
  const level = usedShare >= STRONG_SHARE ? 'strong' : usedShare >= WARNING_SHARE ? 'warning' : 'calm';
  const alarm = level === 'calm' ? null : usedShare >= 1 ? nowStrings.quotaUsedUp : nowStrings.quotaAlarm[level];
  const use = nowStrings.quotaUsed(printPercent(usedShare));
  const resets = resetsAtMs === null ? null : times.printMinute(resetsAtMs, nowMs);
  const detail = nowStrings.quotaDetail(resets, age(nowMs - observedAtMs));
  const text = `${name}: ${[use, alarm?.toLowerCase(), detail].filter((part) => part !== undefined).join(', ')}`;
  return { key, name, use, alarm, detail, text, level, share: usedShare };
}

/** How long ago, in the largest unit that has passed. */
function age(ageMs: number): string {
  const minutes = Math.floor(ageMs / 60_000);
  if (minutes < 1) return nowStrings.justNow;
  if (minutes < 60) return nowStrings.ago(`${minutes} min`);
  const hours = Math.floor(minutes / 60);
  return nowStrings.ago(hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`);
}

function windowName(
  id: string,
  of: { readonly provider: string | null; readonly auth: ProviderQuota['auth'] },
): string {
  const length = windowLength(id);
  const scopeAt = id.indexOf('_');
  const scope = length === null || scopeAt === -1 ? null : id.slice(scopeAt + 1);
  const whose = of.provider === null ? '' : `${nowStrings.quotaProviders[of.provider] ?? of.provider} `;
  const bare = `${whose}${length === null ? nowStrings.quotaWindowOf(id) : lengthName(length)}`;
  const scoped = scope === null ? bare : `${bare}, ${nowStrings.quotaScopes[scope] ?? scope}`;
  const login = of.auth === 'key' ? nowStrings.auth.key : authTag(of.auth);
  const name = of.auth === 'subscription' ? scoped : `${scoped} (${login})`;
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function lengthName({ count, unit }: WindowLength): string {
  return count === 7 && unit === 'd' ? nowStrings.quotaWeekly : nowStrings.quotaLength[unit](count);
}

const accountKey = ({ provider, auth }: ProviderQuota): string => `${provider} ${auth}`;

function byLength(a: QuotaWindow, b: QuotaWindow): number {
  const lengthOf = ({ id }: QuotaWindow): number => windowLength(id)?.lengthMs ?? Number.MAX_SAFE_INTEGER;
  return lengthOf(a) - lengthOf(b) || compare(a.id, b.id);
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

const providersWithWindows: ReadonlySet<string> = new Set(['anthropic', 'chatgpt']);

/**
 * A meter forgets the windows when it ends. Where such subscriptions were used before this one started and not since, they are
 * yet to come; where a call since then brought none, there are none.
 */
function isYetToCome({ recent, meter }: NowSnapshot): boolean {
  const calls = recent.filter(({ auth, provider }) => auth === 'subscription' && providersWithWindows.has(provider));
  return calls.length > 0 && calls.every(({ startedAtMs }) => startedAtMs < meter.startedAtMs);
}
