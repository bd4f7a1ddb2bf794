import { describe, expect, it } from 'vitest';
import type { GatewayObserver } from '../../../src/gateway/contract.ts';
import { call, readAll, startGateway, startUpstream, token } from './gatewayRig.ts';
import { throwingAt } from './throwingObserver.ts';

const events = 'event: a\ndata: 1\n\nevent: b\ndata: 2\n\n';

describe('an observer', () => {
  it('changes no byte by throwing, whenever it does', async () => {
    const upstream = await startUpstream((req, res) => {
      void readAll(req).then((body) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        res.write(events.slice(0, 9));
        setImmediate(() => res.end(events.slice(9) + body.toString()));
      });
    });
    for (let k = 1; k <= 12; k += 1) {
      const logged: string[] = [];
      const rig = await startGateway(upstream.port, {
        observer: throwingAt(k),
        log: (message) => logged.push(message),
      });
      const options = { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` };
      for (let i = 0; i < 3; i += 1) {
        const answer = await call(rig.port, options, '{"a":1}');
        expect([answer.status, answer.complete, answer.body.toString()]).toEqual([200, true, `${events}{"a":1}`]);
      }
      expect((await call(rig.port, { path: `${rig.prefix('anthropic')}/v1/models` })).status).toBe(200);
      expect(logged.join()).not.toContain('secret');
      expect(logged).toHaveLength(1);
    }
  });

  it('logs the first failure only, and may fail to log', async () => {
    const upstream = await startUpstream((_req, res) => res.end('fine'));
    const failing: GatewayObserver = {
      begin: () => {
        throw new Error('made up');
      },
      unmetered: () => {
        throw new Error('made up');
      },
    };
    const rig = await startGateway(upstream.port, {
      observer: failing,
      log: () => {
        throw new Error('The log is full.');
      },
    });
    for (let i = 0; i < 3; i += 1)
      expect((await call(rig.port, { path: `${rig.prefix('anthropic')}/x` })).body.toString()).toBe('fine');
  });

  it('that fails always is logged once, by the kind of its failure', async () => {
    const upstream = await startUpstream((_req, res) => res.end('fine'));
    const fail = (): never => {
      throw new RangeError('made-up secret');
    };
    const rig = await startGateway(upstream.port, { observer: { begin: fail, unmetered: fail } });
    for (let i = 0; i < 3; i += 1) {
      await call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` }, '{}');
      await call(rig.port, { path: `${rig.prefix('anthropic')}/x` });
    }
    expect(rig.logged).toEqual(['A meter part failed (RangeError); calls go on unmetered where it does.']);
  });

  it('is told of a call without a credential, and of its end', async () => {
    const upstream = await startUpstream((req, res) => {
      req.resume();
      res.writeHead(200, { 'content-type': 'application/json', 'request-id': 'req_1', 'x-request-id': 'other' });
      res.end('{}');
    });
    const rig = await startGateway(upstream.port);
    const canary = 'canary-made-up-secret';
    await call(
      rig.port,
      {
        method: 'POST',
        path: `${rig.prefix('anthropic')}/v1/messages?key=${canary}&beta=true`,
        headers: {
          authorization: `Bearer sk-ant-oat01-${canary}`,
          'x-goog-api-key': canary,
          cookie: canary,
          'user-agent': `claude-cli/2.1.330 (${canary})`,
          'x-claude-code-session-id': 'session-9',
          'x-claude-code-agent-id': 'agent-3',
          'content-encoding': 'zstd',
        },
      },
      '{}',
    );
    const [seen] = rig.observer.calls;
    expect(seen?.head).toMatchObject({
      id: 'call-1',
      workspaceId: 'ws-1',
      routeId: 'anthropic',
      provider: 'anthropic',
      api: 'anthropic-messages',
      auth: 'subscription',
      agent: 'claude-code',
      session: 'session-9',
      subAgent: 'agent-3',
      requestEncoding: 'zstd',
    });
    expect(JSON.stringify([seen?.head, seen?.responseHead])).not.toContain(canary);
    expect(seen?.responseHead).toEqual({
      httpStatus: 200,
      contentType: 'application/json',
      contentEncoding: null,
      requestId: 'req_1',
      quota: [],
    });
    expect([seen?.end, seen?.requestEnded]).toEqual(['complete', true]);
    expect(upstream.requests[0]?.headers.authorization).toContain(canary);
    expect(upstream.requests[0]?.url).toContain(canary);
  });

  it('is told times that no change of the wall clock bends', async () => {
    const upstream = await startUpstream((req, res) => {
      req.resume();
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('one');
      setImmediate(() => res.end('two'));
    });
    let wallMs = 1_000_000;
    let monotonicMs = 0;
    // Each look at the wall clock finds it set back by an hour.
    const nowMs = () => {
      wallMs -= 3_600_000;
      return wallMs;
    };
    const rig = await startGateway(upstream.port, { clock: { nowMs, monotonicMs: () => (monotonicMs += 1) } });
    await call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` }, '{}');
    const [seen] = rig.observer.calls;
    await seen?.ended;
    const startedAtMs = seen?.head.startedAtMs ?? 0;
    const times = [startedAtMs, ...(seen?.atMs ?? [])];
    expect(times.length).toBeGreaterThanOrEqual(3);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).toBe(startedAtMs + monotonicMs - 1);
  });

  it('is told of what is not metered by its shape only', async () => {
    const upstream = await startUpstream((req, res) => {
      req.resume();
      res.end();
    });
    const rig = await startGateway(upstream.port);
    const paths = [
      'anthropic/v1/messages/count_tokens?beta=true',
      'openai/v1/responses/input_tokens',
      'openai/v1/responses/resp_12345?key=x',
      'openai/v1/files/file-AbCdEf/content',
      'gemini/v1beta/models/gemini-2.5-pro:countTokens?key=x',
      `anthropic/${'secret/'.repeat(20)}`,
    ];
    for (const path of paths) await call(rig.port, { method: 'POST', path: `${rig.prefix('')}${path}` }, '{}');
    expect(rig.observer.unmeteredPaths).toEqual([
      'anthropic POST /v1/messages/count_tokens',
      'openai POST /responses/input_tokens',
      'openai POST /responses/*',
      'openai POST /files/*/content',
      'gemini POST /v1beta/models/*:countTokens',
      `anthropic POST ${'/secret'.repeat(11)}`,
    ]);
    expect(rig.observer.calls).toEqual([]);
    expect(upstream.requests.map((req) => req.url).slice(0, 3)).toEqual([
      '/v1/messages/count_tokens?beta=true',
      '/v1/responses/input_tokens',
      '/v1/responses/resp_12345?key=x',
    ]);
  });

  it('can be absent', async () => {
    const upstream = await startUpstream((req, res) => {
      req.resume();
      res.end('x');
    });
    const rig = await startGateway(upstream.port, { observer: null });
    const answer = await call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` }, '{}');
    expect(answer.body.toString()).toBe('x');
    expect(JSON.stringify(answer.rawHeaders)).not.toContain(token);
    expect((await call(rig.port, { path: `${rig.prefix('anthropic')}/v1/models` })).body.toString()).toBe('x');
    expect(rig.logged).toEqual([]);
  });
});
