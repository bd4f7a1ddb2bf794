import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { CallHead } from '../../../src/gateway/contract.ts';
import { ObserverThread } from '../../../src/meter/observe/observerThread.ts';

const head = (id: string): CallHead => ({
  id,
  startedAtMs: 0,
  workspaceId: 'w',
  taskId: null,
  isWatched: false,
  routeId: 'anthropic',
  provider: 'anthropic',
  api: 'anthropic-messages',
  pathModel: null,
  pathStream: null,
  auth: 'key',
  agent: 'a',
  session: id,
  subAgent: null,
  requestEncoding: null,
});

/** What is copied in one go, and how much of that the worker may have to read. */
const windowBytes = 256 * 1024;

const started: ObserverThread[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((observer) => observer.close()));
});

/** An observer with the scripted worker, and the batches that the worker has told of. */
function startObserver() {
  const batches: { readonly items: string; readonly bytes: number }[] = [];
  const news = new EventEmitter();
  const observer = new ObserverThread({
    workerPath: fileURLToPath(new URL('observer.child.ts', import.meta.url)),
    onRecord: () => undefined,
    onLive: () => undefined,
    onCounted: () => undefined,
    onRepeated: ({ session, times }) => {
      batches.push({ items: session, bytes: times });
      news.emit('batch');
    },
    onCalibration: () => undefined,
    onQuota: () => undefined,
    onUnmetered: () => undefined,
    onCrash: () => news.emit('crash'),
    log: () => undefined,
  });
  started.push(observer);
  const order = async (what: 'read' | 'count'): Promise<number> => Number((await observer.setPriceOverrides(what))[0]);
  return { observer, batches, news, order };
}

describe('the observer’s thread', () => {
  it('is told what passed, in order, after the request has been sent on', async () => {
    const { observer, batches, news } = startObserver();
    const tap = observer.begin(head('a'));
    tap.requestBytes(Buffer.from('one '));
    tap.requestBytes(Buffer.from('two'));
    tap.requestEnd();
    tap.responseBytes(Buffer.from('three'), 5);
    tap.end('complete', 6);
    await once(news, 'batch');
    expect(batches).toEqual([
      { items: 'begin: requestBytes:one  requestBytes:two requestEnd: responseBytes:three end:', bytes: 12 },
    ]);
  });

  it('gets no more of a large body at a time than it can soon have read, and in the end all of it', async () => {
    const { observer, batches, news, order } = startObserver();
    const tap = observer.begin(head('a'));
    const body = Buffer.alloc(20 * windowBytes, 'b ');
    for (let at = 0; at < body.length; at += 65_536) tap.requestBytes(body.subarray(at, at + 65_536));
    tap.requestEnd();
    await once(news, 'batch');
    const first = await order('count');
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(2 * windowBytes);
    for (let reads = 0; (await order('read')) < body.length; reads += 1) expect(reads).toBeLessThan(100);
    expect(Math.max(...batches.map(({ bytes }) => bytes))).toBeLessThanOrEqual(windowBytes);
    expect(batches.map(({ items }) => items).join(' ')).toMatch(/^begin:(?: requestBytes:b)+ requestEnd:$/);
  });

  it('is handed everything at once when it is drained', async () => {
    const { observer, order } = startObserver();
    const tap = observer.begin(head('a'));
    tap.requestBytes(Buffer.alloc(8 * windowBytes, 'b '));
    tap.end('complete', 1);
    await observer.drain();
    expect(await order('count')).toBe(8 * windowBytes);
  });

  it('that dies is followed by one that gets what had not been handed over', async () => {
    const { observer, news, order } = startObserver();
    const tap = observer.begin(head('a'));
    tap.requestBytes(Buffer.alloc(20 * windowBytes, 'b '));
    tap.requestEnd();
    await once(news, 'batch');
    const lost = await order('count');
    const crash = once(news, 'crash');
    void observer.setPriceOverrides('die');
    // What was ordered last is what the next worker is told.
    await order('count');
    await crash;
    await observer.drain();
    expect(lost + (await order('count'))).toBe(20 * windowBytes);
  });
});
