import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CallRecord } from '../../../../src/domain/call.ts';
import { systemClock } from '../../../../src/domain/clock.ts';
import type { CallHead, CallTap } from '../../../../src/gateway/contract.ts';
import { createRoutes } from '../../../../src/gateway/routes.ts';
import { publicUpstreams } from '../../../../src/gateway/upstreams.ts';
import { CallerGuess } from '../../../../src/intercept/callerGuess.ts';
import { createCallWatcher } from '../../../../src/intercept/callWatcher.ts';
import { HostFeed } from '../../../../src/intercept/hostFeed.ts';
import { installHooks } from '../../../../src/intercept/installHooks.ts';
import { HostDesk } from '../../../../src/meter/host/hostDesk.ts';
import { hostRouteOf } from '../../../../src/meter/host/hostRoute.ts';
import type { FromObserver, ObservedItem } from '../../../../src/meter/observe/messages.ts';
import { ObserveDesk, type ObserveDeskDeps } from '../../../../src/meter/observe/observeDesk.ts';
import { createPricer } from '../../../../src/pricing/createPricer.ts';
import { loadPriceBook } from '../../../../src/pricing/priceBook.ts';
import { openHostLink } from '../../../../src/protocol/hostFeedClient.ts';
import { createCalibrator } from '../../../../src/tokens/calibrator.ts';
import { createO200kTokenizer } from '../../../../src/tokens/o200kTokenizer.ts';
import { createRequestReader } from '../../../../src/wire/requestReader.ts';
import { createResponseReader } from '../../../../src/wire/responseReader.ts';
import { startScriptedUpstream } from '../../../support/scriptedUpstream.ts';

type Readers = Pick<ObserveDeskDeps, 'createRequestReader' | 'createResponseReader'>;

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const usage = { inputTokens: 1200, outputTokens: 340 };
const book = await loadPriceBook();

function defect(): never {
  throw new RangeError('a defect');
}

/** A meter whose decoders are given, and a host that is observed for it: everything between a caller and its record. */
async function observedHost(readers: Partial<Readers>) {
  const upstream = await startScriptedUpstream({ script: { text: 'Some words. '.repeat(20), usage } });
  cleanups.push(() => upstream.stop());
  const records: CallRecord[] = [];
  const observer = new ObserveDesk({
    clock: systemClock,
    send: (message: FromObserver) => {
      if (message.type === 'record' && message.stage === 'finish') records.push(message.record);
    },
    tokenizer: createO200kTokenizer(),
    calibrator: createCalibrator(),
    createPricer: (overrides) => createPricer({ book, overrides }),
    parseOverrides: () => ({ overrides: [], problems: [] }),
    ...{ createRequestReader, createResponseReader, ...readers },
  });
  const own = { provider: 'anthropic', origin: upstream.origin, basePath: '' } as const;
  const desk = new HostDesk({
    observer: { begin: (head) => tapInto(observer, head), unmetered: () => undefined },
    routeOf: (request) =>
      hostRouteOf(request, {
        ...{ routes: createRoutes(publicUpstreams), upstreams: publicUpstreams },
        ownUpstream: (routeId) => (routeId === 'anthropic' ? own : null),
      }),
    activeTask: () => null,
    ordersFor: () => ({ hasHardBudget: false, rooms: [], shut: null }),
    onRefused: () => undefined,
    clock: systemClock,
    log: () => undefined,
  });
  const server = createServer((request, response) => desk.handle(request, response));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const feed = new HostFeed({ workspaceId: () => 'ws-1', onOrders: () => undefined, log: () => undefined });
  cleanups.push(() => feed.dispose());

  const link = { port: (server.address() as AddressInfo).port, controlToken: 'made-up' };
  feed.connect((events) => openHostLink(link, events));
  const failures: unknown[] = [];
  const hooks = installHooks(
    createCallWatcher({
      clock: systemClock,
      begin: (about) => feed.begin(about),
      ownHosts: () => new Set([new URL(upstream.origin).host]),
      gatewayPort: () => null,
      findCaller: () => 'some.agent',
      guess: new CallerGuess({ running: () => [] }),
      onSeen: () => undefined,
      onKind: () => undefined,
      nameOf: (caller) => caller,
      mayObserve: () => true,
      refusal: () => null,
      onFailure: (error) => failures.push(error),
    }),
  );
  cleanups.push(() => hooks.dispose());
  const ask = async (): Promise<string> => {
    const answer = await fetch(`${upstream.origin}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'made-up' },
      body: JSON.stringify({ model: 'claude-sonnet-4-5', max_tokens: 9, stream: true, messages: [] }),
    });
    return answer.text();
  };
  return { ask, records, failures };
}

function tapInto(observer: ObserveDesk, head: CallHead): CallTap {
  const { id } = head;
  const take = (item: ObservedItem): void => observer.receive({ type: 'items', items: [item] });
  take({ kind: 'begin', head });
  return {
    requestBytes: (bytes) => take({ kind: 'requestBytes', id, bytes }),
    requestEnd: () => take({ kind: 'requestEnd', id }),
    responseHead: (answer) => take({ kind: 'responseHead', id, head: answer }),
    responseBytes: (bytes, atMs) => take({ kind: 'responseBytes', id, bytes, atMs }),
    gap: () => take({ kind: 'gap', id }),
    end: (end, atMs) => take({ kind: 'end', id, end, atMs }),
  };
}

const brokenRequests: Readonly<Record<string, Readers['createRequestReader']>> = {
  'as it is made': defect,
  'at every chunk': (head) => ({ ...createRequestReader(head), push: defect }),
  'at its end': (head) => ({ ...createRequestReader(head), end: defect }),
  'later, at its end': (head) => ({ ...createRequestReader(head), end: async () => defect() }),
};

const brokenResponses: Readonly<Record<string, Readers['createResponseReader']>> = {
  'as it is made': defect,
  'at every chunk': () => ({ push: defect, end: defect }),
  'later, at its end': () => ({ push: () => undefined, end: async () => defect() }),
};

describe('a decoder that fails at every call', () => {
  it.each(Object.entries(brokenResponses))(
    'of answers, %s: callers see nothing, and the books say what is not known',
    async (_when, createBroken) => {
      const { ask, records, failures } = await observedHost({ createResponseReader: createBroken });
      const texts = await Promise.all([ask(), ask(), ask()]);
      for (const text of texts) expect(text).toContain('message_stop');
      await vi.waitFor(() => expect(records).toHaveLength(3));
      for (const record of records) {
        expect([record.status, record.usage.outputTokens, record.provenance]).toEqual(['ok', null, 'estimated']);
        expect(record.problems.join()).toContain('the meter failed to read this call (RangeError)');
        expect(record.requestedModel).toBe('claude-sonnet-4-5');
      }
      expect(failures).toEqual([]);
    },
  );

  it.each(Object.entries(brokenRequests))(
    'of requests, %s: the answer is read all the same',
    async (_when, createBroken) => {
      const { ask, records, failures } = await observedHost({ createRequestReader: createBroken });
      expect(await ask()).toContain('message_stop');
      await vi.waitFor(() => expect(records).toHaveLength(1));
      const [record] = records;
      expect(record).toMatchObject({ status: 'ok', provenance: 'reported', requestedModel: null, usage });
      expect(record?.problems.join()).toContain('the meter failed to read this call (RangeError)');
      expect(failures).toEqual([]);
    },
  );
});
