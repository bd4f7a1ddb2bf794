import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectDir } from '../support/meterProcess.ts';

/** The version is all that a launcher may look at; without `getBuiltinModule` everything that is newer would fail. */
const pretendOld = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'18.19.0'});process.getBuiltinModule=undefined`;

describe.each(['meter.js', 'cli.js'])('dist/%s under a Node that is too old', (program) => {
  it('says so in one sentence and ends with 1', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', pretendOld, join(projectDir, 'dist', program), 'report'],
      { encoding: 'utf8' },
    );
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^The [a-zA-Z ]+ needs Node 24 or newer; this is Node 18\.19\.0\.\n$/);
  });
});
