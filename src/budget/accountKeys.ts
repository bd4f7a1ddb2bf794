import type { BudgetScope } from '../domain/budget.ts';

/** What the accounts of a call's folder and of the machine are found by. */
export interface AccountPlace {
  readonly workspaceId: string;
  readonly atMs: number;
  /** IANA name; null for the machine's own zone. A name that does not exist throws RangeError. */
  readonly timeZone: string | null;
}

/** The account that a task's spend and holds are kept in. */
export function taskAccountKey(taskId: string): string {
  return `task ${taskId}`;
}

/**
 * The four accounts of day and month that a call is booked in, wherever its task: machine day, machine month, folder day, folder
 * month. A key carries the local date, so that a new period is a new account and nothing is ever reset; a clock that jumps changes
 * only which account later calls go into, and going back finds the old one with all that was spent in it. Instants before 1970
 * or after the year 9999, and what is no number, count as the nearest of those years.
 */
export function windowAccountKeys({ workspaceId, atMs, timeZone }: AccountPlace): readonly string[] {
  const day = localDate(atMs, timeZone);
  const month = day.slice(0, 7);
  return [
    `machine day ${day}`,
    `machine month ${month}`,
    `folder day ${day} ${workspaceId}`,
    `folder month ${month} ${workspaceId}`,
  ];
}

/** The account of one scope at an instant; a task's has no period. */
export function scopeAccountKey(scope: BudgetScope, atMs: number, timeZone: string | null): string {
  if (scope.kind === 'task') return taskAccountKey(scope.taskId);
  const day = localDate(atMs, timeZone);
  const date = scope.period === 'day' ? day : day.slice(0, 7);
  const key = `${scope.kind} ${scope.period} ${date}`;
  return scope.kind === 'folder' ? `${key} ${scope.workspaceId}` : key;
}

/** The first and the last instant that are in the years 1970 and 9999 in every zone. */
const firstMs = Date.UTC(1970, 0, 2);
const lastMs = Date.UTC(9999, 11, 30);

/** Making a formatter costs far more than using it. There are as many as zones in use, one or two. */
const formats = new Map<string | null, Intl.DateTimeFormat>();

/** "2026-11-22". */
function localDate(atMs: number, timeZone: string | null): string {
  const instant = Number.isNaN(atMs) ? firstMs : Math.min(lastMs, Math.max(firstMs, atMs));
  const parts: Record<string, string> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(instant)) parts[type] = value;
  return `${parts['year']?.padStart(4, '0')}-${parts['month']}-${parts['day']}`;
}

function formatOf(timeZone: string | null): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    ...(timeZone === null ? {} : { timeZone }),
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  formats.set(timeZone, format);
  return format;
}
