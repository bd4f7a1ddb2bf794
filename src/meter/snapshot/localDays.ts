/** The local day of an instant as "YYYY-MM-DD". */
export function localDayOf(atMs: number): string {
  const date = new Date(atMs);
  const month = String(date.getMonth() + 1).padStart(2, '0');
  return `${date.getFullYear()}-${month}-${String(date.getDate()).padStart(2, '0')}`;
}

/** The Monday of an instant's local week as "YYYY-MM-DD" (ISO 8601 weeks). */
export function weekStartOf(atMs: number): string {
  const date = new Date(atMs);
  // Noon keeps the day arithmetic clear of changes to and from summer time.
  date.setHours(12, 0, 0, 0);
  date.setDate(date.getDate() - ((date.getDay() + 6) % 7));
  return localDayOf(date.getTime());
}
