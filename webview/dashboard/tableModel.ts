/* What a table shows, in plain data: drawn by `dataTable.ts`, exported by `csv.ts`. */

export interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
}

export interface Cell {
  /** As it stands on screen. */
  readonly text: string;
  /** As it is exported: a figure in full, null for unknown; the text itself where left out. */
  readonly raw?: string | number | null;
  /** Something that somebody else named, which may run in either direction. */
  readonly isForeign?: boolean;
  readonly tone?: string;
}

export interface Row {
  readonly key: string;
  readonly cells: readonly Cell[];
  /** Makes the first cell a button. */
  readonly press?: { readonly label: string; readonly run: () => void; readonly isPressed?: boolean };
}

export interface DataTable {
  /** Names the table for those who cannot see it, and the file that it is exported to. */
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}
