import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { callControl } from '../../src/protocol/controlClient.ts';
import { meterEnvironment } from '../../src/vscode/meter/meterProcess.ts';
import { anthropicModel } from '../support/anthropicStream.ts';
import { eventually, newDataDir, runCli } from '../support/meterProcess.ts';
import { startPaceableUpstream } from '../support/paceableUpstream.ts';
import { cleanUp, dataDir, meter } from './rig.ts';

/** One canary for each place where a secret or a word of the user can be. */
const places = [
  'x-api-key',
  'authorization',
  'x-goog-api-key',
  'query',
  'cookie',
  'prompt',
  'answer',
  'error',
  'proxy',
];
const canaryOf = (place: string): string => `canary-${place.replaceAll('-', '')}-5e1f07`;
const canaries = places.map(canaryOf);

/** Every file below a folder with its bytes. */
function filesBelow(folder: string): readonly (readonly [string, Buffer])[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => [path, readFileSync(path)] as const);
}

const canariesIn = (bytes: Buffer | string): readonly string[] => canaries.filter((canary) => bytes.includes(canary));

describe('keys and words', () => {
  it('are in no file, log line or snapshot, though the meter is made to talk and then crashes', async () => {
    const provider = await startPaceableUpstream((request, response) => {
      if (request.url.includes('fail')) {
        response.writeHead(400, { 'content-type': 'application/json', 'set-cookie': `a=${canaryOf('cookie')}` });
        const error = { type: 'invalid_request_error', message: `bad key ${canaryOf('error')}` };
        response.end(JSON.stringify({ type: 'error', error, request_id: 'req_made_up' }));
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const frame = (data: object & { type: string }) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
      const usage = { input_tokens: 12, output_tokens: 1 };
      response.write(
        frame({
          type: 'message_start',
          message: { id: 'msg_1', model: anthropicModel, role: 'assistant', content: [], usage },
        } as never),
      );
      response.write(
        frame({
          type: 'content_block_delta',
          index: 0,
          delta: { type: 'text_delta', text: canaryOf('answer') },
        } as never),
      );
      // Held open, so that the crash meets it in flight.
    });
    cleanUp(() => provider.close());
    const books = dataDir();
    const workDir = newDataDir();
    cleanUp(() => workDir.dispose());
    const upstreams = { anthropic: provider.origin, gemini: provider.origin };
    // As a window starts it, from an environment that makes whoever reads it talk.
    const env = meterEnvironment({ NODE_DEBUG: '*', DEBUG: '*', TMPDIR: workDir.path }) as Record<string, string>;
    const running = await meter({ dataDir: books, upstreams, env });
    const lock = await running.lock();
    const base = running.ready.baseUrls['anthropic'] ?? '';
    const gemini = (running.ready.baseUrls['gemini'] ?? '').replace(/\/$/, '');
    const headers = {
      'content-type': 'application/json',
      'x-api-key': canaryOf('x-api-key'),
      authorization: `Bearer ${canaryOf('authorization')}`,
      'x-goog-api-key': canaryOf('x-goog-api-key'),
      cookie: `s=${canaryOf('cookie')}`,
      'proxy-authorization': `Basic ${canaryOf('proxy')}`,
    };
    const body = JSON.stringify({ model: anthropicModel, stream: true, system: canaryOf('prompt'), messages: [] });
    const post = (url: string) => fetch(url, { method: 'POST', headers, body });
    await (await post(`${base}/v1/messages?key=${canaryOf('query')}&fail=1`)).text();
    await (await post(`${gemini}/v1beta/models/m:generateContent?key=${canaryOf('query')}&fail=1`)).text();
    await (await post(`${base}/v1/${canaryOf('query')}/fail?access_token=${canaryOf('query')}`)).text();
    const open = await post(`${base}/v1/messages`);
    const cut = open.text().catch(() => 'cut');
    const snapshot = await eventually(
      () => callControl(lock, 'snapshot', {}),
      ({ live, recent }) => live.length === 1 && recent.length === 2,
    );
    expect(canariesIn(JSON.stringify(snapshot))).toEqual([]);
    expect(canariesIn((await runCli(['calls', '--data-dir', books, '--json'])).stdout)).toEqual([]);
    running.child.kill('SIGABRT');
    await eventually(
      async () => running.child.signalCode,
      (signal) => signal !== null,
    );
    await cut;
    expect(canariesIn(running.errorText())).toEqual([]);
    const files = [...filesBelow(books), ...filesBelow(workDir.path)];
    expect(files.map(([path]) => path).some((path) => path.endsWith('ledger.sqlite'))).toBe(true);
    for (const [path, bytes] of files) expect([path, canariesIn(bytes)]).toEqual([path, []]);
    // The next meter reads the books of the crashed one and must not say more than that one did.
    const next = await meter({ dataDir: books, upstreams });
    const after = await callControl(await next.lock(), 'snapshot', {});
    expect(canariesIn(JSON.stringify(after) + next.errorText())).toEqual([]);
  });

  it('are in no line that the meter writes for the log', async () => {
    const books = dataDir();
    // Nobody listens there: the refusal of each call has a sentence.
    const running = await meter({ dataDir: books, upstreams: { anthropic: 'http://127.0.0.1:9' } });
    const base = running.ready.baseUrls['anthropic'] ?? '';
    const answer = await fetch(`${base}/v1/messages?key=${canaryOf('query')}`, {
      method: 'POST',
      headers: { 'x-api-key': canaryOf('x-api-key'), authorization: canaryOf('authorization') },
      body: canaryOf('prompt'),
    });
    expect(answer.status).toBe(502);
    expect(canariesIn(await answer.text())).toEqual([]);
    expect(await running.stop()).toBe(0);
    expect(canariesIn(running.errorText())).toEqual([]);
    expect(running.errorText()).not.toContain(running.ready.token);
  });
});
