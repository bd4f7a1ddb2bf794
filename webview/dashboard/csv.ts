import type { DataTable } from './tableModel.ts';

/**
 * A table as CSV (RFC 4180: commas, CRLF, quotes doubled) with figures in full. Texts that a spreadsheet would take for a formula get an
 * apostrophe in front: names of models and tasks come from others.
 */
export function csvOf(table: DataTable): string {
  const head = table.columns.map(({ title }) => csvText(title)).join(',');
  const rows = table.rows.map(({ cells }) =>
    cells.map((cell) => (typeof cell.raw === 'number' ? String(cell.raw) : csvText(rawText(cell)))).join(','),
  );
  return [head, ...rows, ''].join('\r\n');
}

/** Unknown stays empty. */
function rawText({ text, raw }: { readonly text: string; readonly raw?: string | number | null }): string {
  if (raw === null) return '';
  return raw === undefined ? text : String(raw);
}

function csvText(text: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n\t]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
