import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { processHolds } from '../../../../src/vscode/terminals/processHolds.ts';

describe.runIf(process.platform === 'linux')('processHolds', () => {
  it('tells whether a process was started with one of some texts in its environment', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      env: { ADDRESS: 'http://made-up/token-1' },
    });
    await once(child, 'spawn');
    const { pid = 0 } = child;
    expect([await processHolds(pid, ['token-0', 'token-1']), await processHolds(pid, ['token-2'])]).toEqual([
      true,
      false,
    ]);
    child.stdin.end();
    await once(child, 'close');
  });
});

describe('processHolds of a process that cannot be looked at', () => {
  it('says that it does not know', async () => {
    expect(await processHolds(2 ** 30, ['token'])).toBeNull();
  });
});
