import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { callControl } from '../../src/protocol/controlClient.ts';
import {
  eventually,
  type MeterProcess,
  newDataDir,
  projectDir,
  runCli,
  startMeterProcess,
} from '../support/meterProcess.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'outlay-home-'));
  stops.push(() => rmSync(home, { recursive: true, force: true }));
  cpSync(join(projectDir, 'test/fixtures/homes/claude-code'), home, { recursive: true });
  return home;
}

async function start(home: string): Promise<{ readonly dataDir: string; readonly meter: MeterProcess }> {
  const data = newDataDir();
  stops.push(data.dispose);
  const meter = await startMeterProcess({
    dataDir: data.path,
    env: { HOME: home, CLAUDE_CONFIG_DIR: '', XDG_CONFIG_HOME: '' },
  });
  stops.push(() => meter.kill());
  return { dataDir: data.path, meter };
}

const settings = { metering: true, priceOverrides: [], retentionDays: 0 };

async function callsBy(dataDir: string): Promise<number> {
  const { stdout } = await runCli(['report', '--by', 'agent', '--data-dir', dataDir, '--json']);
  const rows: { calls: number }[] = JSON.parse(stdout);
  return rows.reduce((sum, { calls }) => sum + calls, 0);
}

function line(id: string): string {
  return `{"type":"assistant","sessionId":"live","timestamp":"${new Date().toISOString()}","message":{"id":"${id}","model":"claude-opus-4-6","usage":{"input_tokens":5,"output_tokens":7}}}\n`;
}

describe('a meter that may read logs', () => {
  it('imports what is there, follows what is written, and stops when it may no more', async () => {
    const home = newHome();
    const { dataDir, meter } = await start(home);
    const lock = await meter.lock();
    await callControl(lock, 'configure', { ...settings, readLogs: true });
    await eventually(
      () => callsBy(dataDir),
      (calls) => calls === 17,
    );
    const project = join(home, '.claude/projects/-home-dev-other');
    appendFileSync(join(project, '5e551070-0000-4000-8000-000000000002.jsonl'), `\n${line('msg_live')}`);
    await eventually(
      () => callsBy(dataDir),
      (calls) => calls === 18,
    );
    mkdirSync(join(home, '.claude/projects/new'), { recursive: true });
    writeFileSync(join(home, '.claude/projects/new/s.jsonl'), line('msg_new_project'));
    await eventually(
      () => callsBy(dataDir),
      (calls) => calls === 19,
      10_000,
    );
    await callControl(lock, 'configure', { ...settings, readLogs: false });
    expect(await callControl(lock, 'importState', {})).toMatchObject({ isRunning: false });
  });

  it('reads no log before a window says that it may', async () => {
    const home = newHome();
    const { dataDir, meter } = await start(home);
    await callControl(await meter.lock(), 'configure', settings);
    await callControl(await meter.lock(), 'snapshot', {});
    expect(await callsBy(dataDir)).toBe(0);
  });

  it('imports for the command line, since it keeps the books', async () => {
    const home = newHome();
    const { dataDir } = await start(mkdtempSync(join(tmpdir(), 'outlay-empty-')));
    const { code, stdout } = await runCli(['import', '--home', home, '--data-dir', dataDir, '--json']);
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { files: 5, new: 17, problemCount: 3 }]);
    expect(await callsBy(dataDir)).toBe(17);
  });
});
