import { describe, expect, it } from 'vitest';
import type { CallHead, CallTap } from '../../../src/gateway/contract.ts';
import { GuardedObserver } from '../../../src/gateway/guardedObserver.ts';

const head = {} as CallHead;
const response = { httpStatus: 200, contentType: null, contentEncoding: null } as Parameters<
  CallTap['responseHead']
>[0];
const bytes = Buffer.from('x');

/** An observer whose method `failing` throws, with all that it was told. */
function observer(failing: string, log?: (message: string) => void) {
  const told: string[] = [];
  const logged: string[] = [];
  const tell = (name: string) => {
    told.push(name);
    if (name === failing) throw new TypeError('made up');
  };
  const tap: CallTap = {
    requestBytes: () => tell('requestBytes'),
    requestEnd: () => tell('requestEnd'),
    responseHead: () => tell('responseHead'),
    responseBytes: () => tell('responseBytes'),
    end: () => tell('end'),
  };
  const inner = {
    begin: () => {
      tell('begin');
      return tap;
    },
    unmetered: () => tell('unmetered'),
  };
  return { guarded: new GuardedObserver(inner, log ?? ((message) => logged.push(message))), told, logged };
}

function wholeCall(guarded: GuardedObserver): void {
  const tap = guarded.begin(head);
  tap.requestBytes(bytes);
  tap.requestEnd();
  tap.responseHead(response);
  tap.responseBytes(bytes, 1);
  tap.end('complete', 2);
}

const steps = ['begin', 'requestBytes', 'requestEnd', 'responseHead', 'responseBytes', 'end'];

describe('a guarded observer', () => {
  it('is told all of a call, in order, where nothing fails', () => {
    const { guarded, told, logged } = observer('nothing');
    wholeCall(guarded);
    guarded.unmetered('anthropic', 'GET', '/v1');
    expect(told).toEqual([...steps, 'unmetered']);
    expect(logged).toEqual([]);
  });

  it.each(steps)('hears no more of a call after it failed at %s, and all of the next one', (failing) => {
    const { guarded, told, logged } = observer(failing);
    wholeCall(guarded);
    const heard = steps.slice(0, steps.indexOf(failing) + 1);
    expect(told).toEqual(heard);
    wholeCall(guarded);
    expect(told).toEqual([...heard, ...heard]);
    expect(logged).toEqual(['A meter part failed (TypeError); calls go on unmetered where it does.']);
  });

  it('hears nothing of a call that has ended', () => {
    const { guarded, told } = observer('nothing');
    const tap = guarded.begin(head);
    tap.end('complete', 1);
    tap.responseBytes(bytes, 2);
    tap.end('client-gone', 3);
    expect(told).toEqual(['begin', 'end']);
  });

  it('fails without a trace on the byte path when its log fails as well, or what it throws is no error', () => {
    const failing = observer('unmetered', () => {
      throw new Error('made up');
    });
    expect(() => failing.guarded.unmetered('anthropic', 'GET', '/v1')).not.toThrow();
    const { guarded, logged } = observer('nothing');
    expect(
      guarded.guard(() => {
        throw 'made up';
      }),
    ).toBeUndefined();
    expect(logged).toEqual(['A meter part failed (string); calls go on unmetered where it does.']);
    expect(guarded.guard(() => 7)).toBe(7);
  });
});
