import { describe, expect, it } from 'vitest';
import { fuzzAuthorisation } from '../support/fuzzAuthorisation.ts';
import { eventually, runCli } from '../support/meterProcess.ts';
import { callClaude, dataDir, meter, smallUpstream } from './rig.ts';

describe('made-up credentials', () => {
  it('are refused, whatever they are made of, and no byte of the books changes', async () => {
    const books = dataDir();
    const provider = await smallUpstream();
    const running = await meter({ dataDir: books, upstreams: { anthropic: provider.origin } });
    await (await callClaude(running.ready.baseUrls['anthropic'] ?? '')).text();
    await eventually(
      async () => JSON.parse((await runCli(['calls', '--data-dir', books, '--json'])).stdout),
      (rows) => rows.length === 1,
    );
    const { port } = running.ready;
    const { statuses, changed } = await fuzzAuthorisation({ port, dataDir: books }, { runs: 3_000, seed: 20261122 });
    expect(statuses).toEqual([401]);
    expect(changed).toBe(false);
    expect(provider.seen).toHaveLength(1);
  });
});
