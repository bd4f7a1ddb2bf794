import { describe, expect, it } from 'vitest';
import { defaultDashboardQuery as query } from '../../../../src/protocol/dashboard.ts';
import { parseFromDashboard } from '../../../../src/vscode/dashboard/dashboardMessages.ts';
import { exportFileName } from '../../../../src/vscode/dashboard/exportFileName.ts';

describe('messages of the dashboard', () => {
  it.each([
    { type: 'ready', body: { query } },
    { type: 'query', body: { query: { ...query, origins: ['trial', 'import:board'], subject: 'x', call: 'y' } } },
    { type: 'query', body: { query: { ...query, without: ['a (high)'], priceWeights: { input: 0, output: 2.5 } } } },
    { type: 'removeImport', body: { name: 'leaderboard.csv' } },
    { type: 'refresh', body: {} },
    { type: 'cancel', body: {} },
    { type: 'exportFile', body: { name: 'History', kind: 'csv', content: 'a,b' } },
  ])('are taken: %j', (message) => {
    expect(parseFromDashboard(message)).toEqual(message);
  });

  it.each([
    null,
    [],
    { type: 'refresh' },
    { type: 'toString', body: {} },
    { type: 'runCommand', body: { id: 'workbench.action.quit' } },
    { type: 'refresh', body: { more: 1 } },
    { type: 'query', body: {} },
    { type: 'query', body: { query: { ...query, axis: 'beauty' } } },
    { type: 'query', body: { query: { ...query, origins: ['elsewhere'] } } },
    { type: 'query', body: { query: { ...query, call: 'x'.repeat(1001) } } },
    { type: 'query', body: { query: { ...query, without: [7] } } },
    { type: 'query', body: { query: { ...query, without: 'all' } } },
    { type: 'query', body: { query: { ...query, priceWeights: { input: 0, output: 0 } } } },
    { type: 'query', body: { query: { ...query, priceWeights: { input: -1, output: 2 } } } },
    { type: 'query', body: { query: { ...query, priceWeights: { input: 1 } } } },
    { type: 'query', body: { query: { ...query, findTask: null } } },
    { type: 'removeImport', body: {} },
    { type: 'removeImport', body: { name: '' } },
    { type: 'exportFile', body: { name: 'x', kind: 'exe', content: '' } },
    { type: 'exportFile', body: { name: 'x'.repeat(301), kind: 'csv', content: '' } },
    { type: 'exportFile', body: { name: 'x', kind: 'csv', content: 7 } },
  ])('are dropped: %j', (message) => {
    expect(parseFromDashboard(message)).toBeNull();
  });

  it('carry no more of a query than a query has', () => {
    const message = parseFromDashboard({ type: 'query', body: { query: { ...query, evil: 1 } } });
    expect(message).toEqual({ type: 'query', body: { query } });
  });
});

describe('the name of an exported file', () => {
  it.each([
    ['Cost per solved task', 'csv', 'outlay-cost-per-solved-task.csv'],
    ['Why: gpt-5.4 against ../../etc/passwd', 'png', 'outlay-why-gpt-5-4-against-etc-passwd.png'],
    ['…', 'png', 'outlay-export.png'],
  ] as const)('of %j is no path', (title, kind, name) => {
    expect(exportFileName(title, kind)).toBe(name);
  });

  it('stays short', () => {
    expect(exportFileName('a'.repeat(500), 'csv')).toHaveLength('outlay-.csv'.length + 80);
  });
});
