import type { ExportKind } from '../../protocol/dashboard.ts';

const MOST_LETTERS = 80;

/** A file name made of a title, which may hold names that others chose: letters, digits and dashes, never a path. */
export function exportFileName(title: string, kind: ExportKind): string {
  const words = title
    .toLowerCase()
    .split(/[^a-z0-9]/)
    .filter((word) => word !== '');
  const stem = words.join('-').slice(0, MOST_LETTERS);
  return `outlay-${stem === '' ? 'export' : stem}.${kind}`;
}
