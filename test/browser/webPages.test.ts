import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MeterProcess, newDataDir, startMeterProcess } from '../support/meterProcess.ts';
import { type PaceableUpstream, startPaceableUpstream } from '../support/paceableUpstream.ts';
import { chromiumPath } from '../support/toolchain.ts';

// A page of another origin in a real browser, which even knows the address and the token.

let provider: PaceableUpstream;
let books: ReturnType<typeof newDataDir>;
let meter: MeterProcess;
let site: Server;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  provider = await startPaceableUpstream((_request, response) => response.end('secret answer'));
  books = newDataDir();
  meter = await startMeterProcess({ dataDir: books.path, upstreams: { anthropic: provider.origin } });
  site = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>evil</title>'),
  );
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });
  page = await browser.newPage();
});

afterAll(async () => {
  await browser?.close();
  site?.close();
  await meter?.kill();
  await provider?.close();
  books?.dispose();
});

/** Each way that a page has to send a request, as a program that tells what it could read of the answer. */
const ways: Readonly<Record<string, string>> = {
  'fetch with CORS': `fetch(url, { method: 'POST', body: '{}' }).then((r) => r.text())`,
  'fetch with CORS and fields': `fetch(url, { method: 'POST', headers: { 'x-api-key': 'k', 'content-type': 'application/json' }, body: '{}' }).then((r) => r.text())`,
  'fetch of another method': `fetch(url, { method: 'PUT', body: '{}' }).then((r) => r.text())`,
  'fetch without CORS': `fetch(url, { method: 'POST', mode: 'no-cors', headers: { 'content-type': 'text/plain' }, body: '{}' }).then((r) => r.text())`,
  'a read without CORS': `fetch(url, { mode: 'no-cors' }).then((r) => r.text())`,
  'a read that is kept alive': `fetch(url, { mode: 'no-cors', keepalive: true, referrerPolicy: 'no-referrer' }).then((r) => r.text())`,
  XMLHttpRequest: `new Promise((resolve, reject) => { const x = new XMLHttpRequest(); x.open('POST', url); x.onload = () => resolve(x.responseText); x.onerror = reject; x.send('{}'); })`,
  'a beacon': `Promise.resolve(navigator.sendBeacon(url, '{}')).then(() => new Promise((r) => setTimeout(r, 300))).then(() => '')`,
  'an image': `new Promise((resolve, reject) => { const i = new Image(); i.onload = () => resolve('loaded'); i.onerror = reject; i.src = url; })`,
  'a script': `new Promise((resolve, reject) => { const s = document.createElement('script'); s.onload = () => resolve('loaded'); s.onerror = reject; s.src = url; document.head.append(s); })`,
  'a style sheet': `new Promise((resolve, reject) => { const s = document.createElement('link'); s.rel = 'stylesheet'; s.onload = () => resolve('loaded'); s.onerror = reject; s.href = url; document.head.append(s); })`,
  'an event source': `new Promise((resolve, reject) => { const e = new EventSource(url); e.onopen = () => resolve('opened'); e.onerror = (x) => { e.close(); reject(x); }; })`,
  'a web socket': `new Promise((resolve, reject) => { const w = new WebSocket(url.replace('http', 'ws')); w.onopen = () => resolve('opened'); w.onerror = reject; })`,
  'a frame': `new Promise((resolve) => { const f = document.createElement('iframe'); f.onload = () => { try { resolve(f.contentDocument.body.innerText); } catch { resolve(''); } }; f.src = url; document.body.append(f); })`,
  'a form in a frame': `new Promise((resolve) => { const f = document.createElement('iframe'); f.name = 'f' + Math.random(); document.body.append(f); f.onload = () => { try { resolve(f.contentDocument.body.innerText); } catch { resolve(''); } }; const m = document.createElement('form'); m.method = 'POST'; m.enctype = 'text/plain'; m.target = f.name; m.action = url; document.body.append(m); m.submit(); })`,
  'a worker': `new Promise((resolve, reject) => { const w = new Worker(URL.createObjectURL(new Blob(['fetch(' + JSON.stringify(url) + ', { mode: "no-cors" }).then((r) => r.text()).then(postMessage, () => postMessage(""))']))); w.onmessage = (e) => resolve(e.data); w.onerror = reject; })`,
};

const withLimit = (program: string): string =>
  `(async () => { const url = URL_HERE; try { return await Promise.race([${program}, new Promise((r) => setTimeout(() => r('nothing came'), 3000))]); } catch { return ''; } })()`;

async function tryFrom(origin: string, url: string): Promise<Readonly<Record<string, unknown>>> {
  await page.goto(origin);
  const read: Record<string, unknown> = {};
  for (const [way, program] of Object.entries(ways))
    read[way] = await page.evaluate(withLimit(program).replace('URL_HERE', JSON.stringify(url)));
  return read;
}

const nothing = Object.fromEntries(Object.keys(ways).map((way) => [way, '']));

describe('a web page that knows the address', () => {
  it.each(['127.0.0.1', 'localhost'])(
    'reaches no provider and reads nothing through %s, whatever it sends',
    async (host) => {
      const { port } = site.address() as AddressInfo;
      const url = (meter.ready.baseUrls['anthropic'] ?? '').replace('127.0.0.1', host);
      const read = await tryFrom(
        `http://${host === 'localhost' ? '127.0.0.1' : 'localhost'}:${port}/`,
        `${url}/v1/messages`,
      );
      expect(read).toEqual(nothing);
      expect(provider.seen).toEqual([]);
    },
  );

  it('reads nothing of the control API either', async () => {
    const { port } = site.address() as AddressInfo;
    const read = await tryFrom(`http://localhost:${port}/`, `http://127.0.0.1:${meter.ready.port}/control/snapshot`);
    expect(read).toEqual(nothing);
  });

  it('gets no field that would open an answer to it, from any answer there is', async () => {
    const base = meter.ready.baseUrls['anthropic'] ?? '';
    const seen: [string, string | null][] = [];
    page.on('response', (response) => {
      if (response.url().includes(`:${meter.ready.port}/`))
        seen.push([response.url(), response.headers()['access-control-allow-origin'] ?? null]);
    });
    const { port } = site.address() as AddressInfo;
    await tryFrom(`http://localhost:${port}/`, `${base}/v1/messages`);
    expect(seen.length).toBeGreaterThan(5);
    expect(seen.filter(([, allowed]) => allowed !== null)).toEqual([]);
  });
});
