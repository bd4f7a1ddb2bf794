import { describe, expect, it } from 'vitest';
import { budgetFaultSentence } from '../../../src/ledger/budgetFaultSentence.ts';
import { LedgerInMemory, LedgerReadOnly } from '../../../src/ledger/openLedger.ts';

const sqliteError = (errcode: number) =>
  Object.assign(new Error('what SQLite says'), { code: 'ERR_SQLITE_ERROR', errcode });
const fileError = (code: string) => Object.assign(new Error(`${code}: what the disk says`), { code });

describe('why nothing about tasks and budgets was done', () => {
  it.each([
    ['a full disk', sqliteError(13), 'The disk is full, so nothing about tasks and budgets can be written.'],
    [
      'a full disk, before SQLite',
      fileError('ENOSPC'),
      'The disk is full, so nothing about tasks and budgets can be written.',
    ],
    ['a used up quota', fileError('EDQUOT'), 'The disk is full, so nothing about tasks and budgets can be written.'],
    [
      'a file that is only read',
      sqliteError(8),
      'The ledger cannot be written, and so nothing about tasks and budgets.',
    ],
    [
      'another writer',
      sqliteError(5),
      'Another program is using the ledger, so nothing about tasks and budgets can be written.',
    ],
    [
      'a broken disk',
      sqliteError(10),
      'The disk does not take the ledger, so nothing about tasks and budgets can be written.',
    ],
    ['a ledger in memory', new LedgerInMemory('No folder.'), 'Tasks and budgets are not kept: No folder.'],
    ['a ledger of a newer version', new LedgerReadOnly('Newer.'), 'Tasks and budgets are only read: Newer.'],
    ['a folder that is closed', fileError('EACCES'), 'EACCES: what the disk says'],
    ['what the caller got wrong', new Error('There is no such task.'), 'There is no such task.'],
    ['damage', sqliteError(11), 'what SQLite says'],
    ['what is no error', 'gone', 'gone'],
    ['nothing', null, 'null'],
  ])('is told of %s', (_, error, sentence) => {
    expect(budgetFaultSentence(error)).toBe(sentence);
  });
});
