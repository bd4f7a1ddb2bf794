/** A local calendar day as an integer, 2026-11-22 as 20261122: small, sortable, and free of any time zone once booked. */
export type DayNumber = number;

/** Tells the local day of an instant. */
export type DayOf = (atMs: number) => DayNumber;

/** Days of the machine's own time zone, or of a named one. Throws RangeError for a zone that does not exist. */
export function localDays(timeZone?: string): DayOf {
  if (timeZone === undefined) {
    return (atMs) => {
      const date = new Date(atMs);
      return date.getFullYear() * 10_000 + (date.getMonth() + 1) * 100 + date.getDate();
    };
  }
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return (atMs) => {
    let day = 0;
    for (const part of parts.formatToParts(atMs)) {
      if (part.type === 'year') day += Number(part.value) * 10_000;
      else if (part.type === 'month') day += Number(part.value) * 100;
      else if (part.type === 'day') day += Number(part.value);
    }
    return day;
  };
}

/** "2026-11-22" of 20261122. */
export function dayText(day: DayNumber): string {
  const digits = String(day).padStart(8, '0');
  return `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`;
}

/** 20261122 of "2026-11-22"; null for anything that is no day of the calendar. */
export function dayNumberOf(text: string): DayNumber | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const date = new Date(Date.UTC(year, month - 1, day));
  // A day that its month has not got falls into another month, and years before 100 into another century.
  const exists = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1;
  return exists ? year * 10_000 + month * 100 + day : null;
}
