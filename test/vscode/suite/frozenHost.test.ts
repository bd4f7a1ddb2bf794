import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { workspace } from 'vscode';
import { activatedOutlay, resetSettings, variableOf } from './outlay.ts';

/**
 * A provider and an agent in one process of their own: says its port, is told the gateway's address, streams fifty events through it
 * and writes down what arrived when all of them have.
 */
const providerAndAgent = `
const http = require('node:http');
const fs = require('node:fs');
const server = http.createServer((req, res) => {
  req.resume();
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  let sent = 0;
  const timer = setInterval(() => {
    res.write('data: ' + sent + '\\n\\n');
    sent += 1;
    if (sent === 50) { clearInterval(timer); res.end(); }
  }, 20);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.once('data', (address) => {
  const req = http.request(String(address).trim() + '/v1/messages', { method: 'POST' }, (res) => {
    let text = '';
    res.on('data', (chunk) => {
      if (text === '') console.log('streaming');
      text += chunk;
    });
    res.on('end', () => {
      fs.writeFileSync(process.argv[1] + '.draft', text);
      fs.renameSync(process.argv[1] + '.draft', process.argv[1]);
      process.exit(0);
    });
  });
  req.end('{}');
});
`;

describe('an extension host that hangs', () => {
  let folder = '';
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'outlay-frozen-'));
    await resetSettings();
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    await resetSettings();
  });

  it('holds up no call, since calls go through a process of their own', async () => {
    const outlay = await activatedOutlay();
    const arrived = join(folder, 'arrived');
    const child = spawn(process.execPath, ['-e', providerAndAgent, arrived], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    const [port] = (await once(lines, 'line')) as [string];
    await workspace.getConfiguration().update('outlay.upstreams', { anthropic: `http://127.0.0.1:${port}` }, true);
    await outlay.settled();
    const streaming = once(lines, 'line');
    child.stdin.write(`${variableOf(outlay, 'ANTHROPIC_BASE_URL') ?? ''}\n`);
    await streaming;
    // From here on nothing else runs in this process until every event has arrived.
    const deadline = Date.now() + 20_000;
    while (!existsSync(arrived) && Date.now() < deadline);
    assert(existsSync(arrived), 'the stream waited for the extension host');
    assert.equal(
      readFileSync(arrived, 'utf8'),
      Array.from({ length: 50 }, (_, index) => `data: ${index}\n\n`).join(''),
    );
  });
});
