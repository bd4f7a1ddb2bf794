import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvOf } from '../../../webview/dashboard/csv.ts';
import type { Cell, DataTable } from '../../../webview/dashboard/tableModel.ts';

const tableOf = (...cells: readonly Cell[]): DataTable => ({
  caption: 'c',
  columns: cells.map((_, index) => ({ title: `column ${index}` })),
  rows: [{ key: 'r', cells }],
});
const lastRow = (table: DataTable): readonly string[] => (parse(csvOf(table)) as readonly string[][])[1] ?? [];

describe('a table as CSV', () => {
  it('has figures in full, unknown ones empty, and ends its lines as the format does', () => {
    const table = tableOf({ text: '$0.12', raw: 0.123456 }, { text: '-', raw: null }, { text: 'as it stands' });
    expect(csvOf(table)).toBe('column 0,column 1,column 2\r\n0.123456,,as it stands\r\n');
  });

  it('keeps figures below nothing as figures', () => {
    expect(lastRow(tableOf({ text: '-0.5', raw: -0.5 }))).toEqual(['-0.5']);
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1'])('makes no formula of %j', (evil) => {
    expect(lastRow(tableOf({ text: evil, raw: evil }))).toEqual([`'${evil}`]);
    const titled = { ...tableOf({ text: 'x' }), columns: [{ title: evil }] };
    expect((parse(csvOf(titled)) as readonly string[][])[0]).toEqual([`'${evil}`]);
  });

  it('gives every text back to a reader, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 }), (texts) => {
        const back = lastRow(tableOf(...texts.map((text) => ({ text, raw: text })), { text: 'end' }));
        expect(back.map((text, index) => (text === `'${texts[index]}` ? texts[index] : text))).toEqual([
          ...texts,
          'end',
        ]);
      }),
    );
  });
});
