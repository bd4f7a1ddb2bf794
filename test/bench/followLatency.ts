import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { callControl, watchSnapshots } from '../../src/protocol/controlClient.ts';
import type { NowSnapshot } from '../../src/protocol/snapshot.ts';
import { newDataDir, startMeterProcess } from '../support/meterProcess.ts';
import type { BenchRow } from './benchSection.ts';

const lines = 100;
const targetMs = 100;
const session = '11111111-1111-4111-8111-111111111111';

/** From a line written to an agent's log until a snapshot shows its call, with a meter that follows the log. */
export async function followLatency(): Promise<readonly BenchRow[]> {
  const home = mkdtempSync(join(tmpdir(), 'outlay-bench-home-'));
  const folder = newDataDir();
  const log = join(home, '.claude/projects/-p', `${session}.jsonl`);
  mkdirSync(join(home, '.claude/projects/-p'), { recursive: true });
  appendFileSync(log, lineOf('first'));
  const noOverrides = { CLAUDE_CONFIG_DIR: '', CODEX_HOME: '', XDG_DATA_HOME: '', XDG_CONFIG_HOME: '' };
  const running = await startMeterProcess({
    dataDir: folder.path,
    env: { HOME: home, USERPROFILE: home, ...noOverrides },
  });
  const lock = await running.lock();
  let onSnapshot: (snapshot: NowSnapshot) => void = () => undefined;
  const watching = watchSnapshots(
    lock,
    (snapshot) => onSnapshot(snapshot),
    () => undefined,
  );
  try {
    const appears = (id: string): Promise<void> =>
      new Promise((resolve) => {
        onSnapshot = ({ recent }) => {
          if (recent.some(({ responseId }) => responseId === id)) resolve();
        };
      });
    const first = appears('msg_first');
    await callControl(lock, 'configure', { metering: true, priceOverrides: [], retentionDays: 0, readLogs: true });
    await first;
    const times: number[] = [];
    for (let index = 0; index < lines; index++) {
      // Snapshots go out at once, then at most four times a second.
      await delay(300 + (index % 10) * 30);
      const shown = appears(`msg_${index}`);
      const begin = performance.now();
      appendFileSync(log, lineOf(String(index)));
      await shown;
      times.push(performance.now() - begin);
    }
    const sorted = times.toSorted((a, b) => a - b);
    const p99 = sorted[Math.ceil(lines * 0.99) - 1] ?? Number.NaN;
    const note = `p50 ${(sorted[lines >> 1] ?? Number.NaN).toFixed(0)} ms of ${lines} lines`;
    const metric = 'appended line until a snapshot shows it, p99';
    return [{ metric, value: p99, unit: 'ms', target: `< ${targetMs}`, reached: p99 < targetMs, note }];
  } finally {
    watching.dispose();
    await running.kill();
    folder.dispose();
    rmSync(home, { recursive: true, force: true });
  }
}

function lineOf(id: string): string {
  const usage = {
    ...{ input_tokens: 10, output_tokens: 20 },
    ...{ cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
  };
  const message = { id: `msg_${id}`, type: 'message', role: 'assistant', model: 'claude-sonnet-4-5-20250929', usage };
  const about = { type: 'assistant', sessionId: session, timestamp: new Date().toISOString(), requestId: `req_${id}` };
  return `${JSON.stringify({ ...about, cwd: '/p', message: { ...message, stop_reason: 'end_turn' } })}\n`;
}
