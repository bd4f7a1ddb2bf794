import type { BenchRow, BenchSection } from './benchSection.ts';
import { largeRows, manyRows, memoryRows } from './gatewayCapacity.ts';
import { latencyRows } from './gatewayLatency.ts';
import { GatewayPaths, type PathName } from './gatewayPaths.ts';

const names: readonly PathName[] = ['direct', 'gateway', 'meter', 'nginx', 'portkey'];

/** Portkey stops reading neither here nor there, but a 32 MB request takes it a second, which would only lengthen the run. */
const quick: readonly PathName[] = ['direct', 'gateway', 'meter', 'nginx'];

/**
 * What the gateway costs, next to a direct connection, to nginx as the limit of what a proxy can do and to Portkey's open gateway,
 * in one run. Everything runs on this machine, client and upstream included, so ratios count rather than figures.
 */
export async function benchGateway({ seconds }: { readonly seconds: number }): Promise<BenchSection> {
  const all = new GatewayPaths();
  const rows: BenchRow[] = [];
  try {
    await all.startUpstream();
    const paths = await all.start(names, rows);
    const fast = paths.filter(({ name }) => quick.includes(name));
    for (const { streams, everyMs, share, among } of [
      { streams: 1, everyMs: 20, share: 0.15, among: paths },
      { streams: 16, everyMs: 50, share: 0.15, among: paths },
      { streams: 64, everyMs: 100, share: 0.15, among: paths },
      { streams: 50, everyMs: 50, share: 0.15, among: fast },
    ]) {
      rows.push(...(await latencyRows(all, among, { streams, everyMs, seconds: seconds * share })));
    }
    rows.push(...(await largeRows(all, fast, Math.max(5, Math.round(seconds / 4)))));
    rows.push(...(await manyRows(all, paths)));
    for (const path of paths) await all.stopPath(path);
    rows.push(...(await memoryRows(all, ['meter', 'gateway', 'nginx', 'portkey'], seconds / 2)));
  } finally {
    await all.stop();
  }
  return { name: 'gateway', rows };
}
