import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packExtension } from '../support/realVsCode.ts';

/** What the probe answers, in milliseconds. */
export interface HostDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const manifest = {
  name: 'probe',
  displayName: 'Probe',
  description: 'Measures the extension host that it shares.',
  publisher: 'outlay-bench',
  version: '0.0.1',
  engines: { vscode: '^1.123.0' },
  main: './main.js',
  extensionKind: ['workspace'],
  activationEvents: ['*'],
};

/** GET /activate: how long Outlay's activate() took; GET /start and /stop: the delay of the event loop between the two. */
const main = `
const { createServer } = require('node:http');
const { monitorEventLoopDelay, performance } = require('node:perf_hooks');
const { writeFileSync, renameSync } = require('node:fs');
exports.activate = () => {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const answers = {
    '/activate': () => performance.getEntriesByName('outlay.activate').map(({ duration }) => duration),
    '/start': () => { delay.reset(); delay.enable(); return null; },
    '/stop': () => {
      delay.disable();
      const ms = (nanoseconds) => nanoseconds / 1e6;
      return { p50Ms: ms(delay.percentile(50)), p99Ms: ms(delay.percentile(99)), maxMs: ms(delay.max) };
    },
  };
  const server = createServer((request, response) => response.end(JSON.stringify(answers[request.url]())));
  server.listen(0, '127.0.0.1', () => {
    const file = process.env.OUTLAY_BENCH_PROBE;
    writeFileSync(file + '.new', String(server.address().port));
    renameSync(file + '.new', file);
  });
};
`;

/** Packs a throw-away extension that measures the extension host from inside. It writes its port into the file of OUTLAY_BENCH_PROBE. */
export async function packHostProbe(folder: string): Promise<string> {
  const extension = join(folder, 'probe');
  mkdirSync(extension);
  writeFileSync(join(extension, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(extension, 'README.md'), 'A throw-away extension.');
  writeFileSync(join(extension, 'main.js'), main);
  const vsix = join(folder, 'probe.vsix');
  await packExtension(extension, vsix);
  return vsix;
}
