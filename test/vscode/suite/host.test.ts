import { deepStrictEqual, ok } from 'node:assert';
import { DatabaseSync } from 'node:sqlite';
import * as vscode from 'vscode';

describe('the extension host', () => {
  it('is a VS Code and a Node that Outlay says it needs', () => {
    const [major = 0, minor = 0] = vscode.version.split('.').map(Number);
    ok(major > 1 || minor >= 123, vscode.version);
    ok(Number.parseInt(process.versions.node, 10) >= 24, process.versions.node);
  });

  it('opens SQLite', () => {
    const database = new DatabaseSync(':memory:');
    deepStrictEqual({ ...database.prepare('select 1 as one').get() }, { one: 1 });
    database.close();
  });

  it('knows Outlay', () => {
    ok(vscode.extensions.getExtension('outlay.outlay') !== undefined);
  });
});
