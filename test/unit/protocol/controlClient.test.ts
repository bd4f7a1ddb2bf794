import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ControlError, callControl, watchSnapshots } from '../../../src/protocol/controlClient.ts';
import type { NowSnapshot } from '../../../src/protocol/snapshot.ts';
import { startFakeMeter } from './fakeMeter.ts';

const failureOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (error: unknown) => (error instanceof ControlError ? error.failure : `not a ControlError: ${String(error)}`),
  );

describe('callControl', () => {
  it('posts the params with the control token and returns the result', async () => {
    await using meter = await startFakeMeter({ deleteData: () => ({ deleted: 7 }) });
    expect(await callControl(meter.lock, 'deleteData', { beforeMs: 5 })).toEqual({ deleted: 7 });
    expect(meter.calls).toEqual([
      { name: 'deleteData', params: { beforeMs: 5 }, authorization: 'Bearer control-token' },
    ]);
  });

  it('tells a dead port from a refusal and an answer that cannot be read', async () => {
    const gone = await startFakeMeter({});
    await gone.crash();
    await using meter = await startFakeMeter({ snapshot: () => 'not json', shutdown: () => '17' });
    expect(await failureOf(callControl(gone.lock, 'status', {}))).toBe('unreachable');
    expect(await failureOf(callControl(meter.lock, 'status', {}))).toBe('refused');
    expect(await failureOf(callControl(meter.lock, 'snapshot', {}))).toBe('unreadable');
    expect(await failureOf(callControl(meter.lock, 'shutdown', {}))).toBe('unreadable');
  });

  it('gives up on a meter that never answers', async () => {
    await using meter = await startFakeMeter({ status: () => 'no answer' });
    expect(await failureOf(callControl(meter.lock, 'status', {}, { timeoutMs: 50 }))).toBe('timeout');
  });

  it('gives up on an answer that starts and never ends', async () => {
    await using meter = await startFakeMeter({
      status: (_params, response) => {
        response.writeHead(200).write('{"version":');
        return 'no answer';
      },
    });
    expect(await failureOf(callControl(meter.lock, 'status', {}, { timeoutMs: 50 }))).toBe('timeout');
  });

  it('stops reading an answer that is too large', async () => {
    await using meter = await startFakeMeter({ status: () => 'x'.repeat(9 * 1024 * 1024) });
    expect(await failureOf(callControl(meter.lock, 'status', {}))).toBe('unreadable');
  });

  it('hands on the sentence that the meter gave', async () => {
    await using meter = await startFakeMeter({
      deleteData: (_params, response) => {
        response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":"The disk is full."}');
        return 'no answer';
      },
    });
    const failed = callControl(meter.lock, 'deleteData', { beforeMs: null });
    await expect(failed).rejects.toThrow(new ControlError('refused', 'The disk is full.'));
  });

  it('keeps tokens out of its error messages', async () => {
    await using meter = await startFakeMeter({});
    const message = await callControl(meter.lock, 'status', {}).catch((error: Error) => error.message);
    expect(message).toBe('The meter refused "status" (HTTP 404).');
  });
});

describe('watchSnapshots', () => {
  it('hands on whole snapshots however the bytes are cut, and skips comments', async () => {
    await using meter = await startFakeMeter({
      watch: (_params, response) => {
        const bytes = Buffer.from(
          ': beat\n\ndata: {"revision":1,"note":"é"}\n\nevent: snapshot\ndata: {"revision":2}\n\n',
        );
        void (async () => {
          for (const byte of bytes) {
            response.write(Buffer.from([byte]));
            await delay(0);
          }
          response.end();
        })();
      },
    });
    const seen: NowSnapshot[] = [];
    await new Promise((ended) => watchSnapshots(meter.lock, (snapshot) => seen.push(snapshot), ended));
    expect(seen).toEqual([{ revision: 1, note: 'é' }, { revision: 2 }]);
  });

  it('reports its end exactly once when the meter dies', async () => {
    await using meter = await startFakeMeter({
      watch: (_params, response) => response.write('data: {"revision":1}\n\n'),
    });
    const ends: string[] = [];
    await new Promise<void>((ended) => {
      watchSnapshots(
        meter.lock,
        () => void meter.crash(),
        (reason) => {
          ends.push(reason);
          ended();
        },
      );
    });
    await delay(20);
    expect(ends).toHaveLength(1);
  });

  it('reports the end of a watch that was refused', async () => {
    await using meter = await startFakeMeter({ watch: (_params, response) => response.end() });
    const reason = await new Promise((ended) => watchSnapshots(meter.lock, () => {}, ended));
    expect(reason).toBe('the meter closed the watch');
  });

  it('is silent after it was disposed', async () => {
    await using meter = await startFakeMeter({
      watch: (_params, response) => response.write('data: {"revision":1}\n\n'),
    });
    const ends: string[] = [];
    await new Promise<void>((first) => {
      const watch = watchSnapshots(
        meter.lock,
        () => {
          watch.dispose();
          first();
        },
        (reason) => ends.push(reason),
      );
    });
    await delay(20);
    expect(ends).toEqual([]);
  });
});
