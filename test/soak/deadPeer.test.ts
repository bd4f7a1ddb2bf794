import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const unshare = ['--net', ...(process.getuid?.() === 0 ? [] : ['--map-root-user'])];
const mayNetwork = spawnSync('unshare', [...unshare, 'ip', 'link', 'set', 'lo', 'up']).status === 0;

describe.runIf(mayNetwork)('a provider that vanishes in mid-stream', () => {
  it('is noticed by the system’s probes, and the agent sees its stream broken', async () => {
    const child = join(import.meta.dirname, 'deadPeer.child.ts');
    const { stdout } = await promisify(execFile)('unshare', [...unshare, process.execPath, child], {
      timeout: 300_000,
    });
    const { seconds, ...seen } = JSON.parse(stdout);
    console.log(`a provider that vanished was noticed after ${seconds.toFixed(0)} s`);
    expect(seen).toEqual({ complete: false, body: 'data: first\n\n', inFlight: 0 });
    // Thirty seconds of silence, and then ten probes a second apart.
    expect(seconds).toBeGreaterThan(25);
    expect(seconds).toBeLessThan(120);
  });
});
