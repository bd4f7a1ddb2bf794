import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { eventually, newDataDir, runCli, startMeterProcess } from '../support/meterProcess.ts';

const study = resolve(import.meta.dirname, '../fixtures/price-reversal-v1-cost-table.csv');

it('imports, compares and removes runs through a meter at work, and by itself once that has ended', async () => {
  const dataDir = newDataDir();
  onTestFinished(dataDir.dispose);
  const meter = await startMeterProcess({ dataDir: dataDir.path });
  onTestFinished(() => meter.kill());
  const json = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await runCli([...args, '--data-dir', dataDir.path, '--json']);
    expect([code, stderr]).toEqual([0, '']);
    return JSON.parse(stdout);
  };
  expect(await json('runs', 'import', study)).toMatchObject({ taken: 72, alreadyThere: 0 });
  expect((await json('compare', '--by-task')).reversals).toMatchObject({ count: 55, pairs: 252 });
  expect(await meter.stop()).toBe(0);
  expect(await json('runs', 'import', study)).toMatchObject({ taken: 0, alreadyThere: 72 });
  const other = join(dataDir.path, 'other.csv');
  writeFileSync(other, 'task,model\na,b\n');
  expect(await json('runs', 'import', other)).toMatchObject({ taken: 1 });
  expect(await json('runs', 'remove', 'other.csv')).toEqual({ removed: 1 });
  expect(readdirSync(dataDir.path).filter((name) => name.startsWith('staged-'))).toEqual([]);
});

it('keeps nothing of an import that was killed, once another one or a meter comes', async () => {
  const dataDir = newDataDir();
  onTestFinished(dataDir.dispose);
  const stager = resolve(import.meta.dirname, '../unit/ledger/stager.child.ts');
  const staged = () => readdirSync(dataDir.path).filter((name) => name.startsWith('staged-'));
  const stage = async () => {
    const child = spawn(process.execPath, [stager, dataDir.path], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    return child;
  };
  const kill = async (child: ChildProcess) => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  const [killed, living] = [await stage(), await stage()];
  onTestFinished(() => void living.kill('SIGKILL'));
  await kill(killed);
  expect(staged()).toHaveLength(2);
  expect((await runCli(['runs', 'import', study, '--data-dir', dataDir.path])).code).toBe(0);
  expect(staged()).toHaveLength(1);
  await kill(living);
  const meter = await startMeterProcess({ dataDir: dataDir.path });
  onTestFinished(() => meter.kill());
  await eventually(
    async () => staged(),
    (names) => names.length === 0,
  );
});
