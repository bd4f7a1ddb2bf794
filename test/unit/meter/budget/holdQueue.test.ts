import { describe, expect, it } from 'vitest';
import type { Refusal } from '../../../../src/domain/budget.ts';
import type { AdmitAnswer } from '../../../../src/ledger/contract.ts';
import { HoldQueue } from '../../../../src/meter/budget/holdQueue.ts';

const refusal: Refusal = {
  reason: 'reserved',
  scope: { kind: 'task', taskId: 't', title: 'T' },
  dimension: 'costNanoUsd',
  limit: 10,
  spent: 0,
  held: 10,
  needed: 1,
  openHolds: 1,
};
const reserved: AdmitAnswer = { kind: 'refused', refusal };
const usedUp: AdmitAnswer = { kind: 'refused', refusal: { ...refusal, reason: 'used-up' } };
const admitted: AdmitAnswer = { kind: 'admitted' };
const never = new AbortController().signal;
const noRelease = (): void => undefined;

/** A budget with room for so many calls. */
function roomFor(count: number) {
  const asked: string[] = [];
  let room = count;
  const ask = (name: string) => (): Promise<AdmitAnswer> => {
    asked.push(name);
    return Promise.resolve(room-- > 0 ? admitted : reserved);
  };
  return { asked, ask, free: (more: number) => (room = more) };
}

describe('Calls that wait for others’ holds', () => {
  it('are asked again in their order when something is settled, and stop at the first that does not fit', async () => {
    const queue = new HoldQueue(60_000);
    const { asked, ask, free } = roomFor(0);
    const answers: string[] = [];
    for (const name of ['first', 'second', 'third']) {
      void queue.wait({ ask: ask(name), release: noRelease }, refusal, never).then(() => answers.push(name));
    }
    free(2);
    queue.settled();
    await expect.poll(() => answers).toEqual(['first', 'second']);
    expect(asked).toEqual(['first', 'second', 'third']);
    expect(queue.length).toBe(1);
  });

  it('are asked again where something was settled before the answer that makes them wait was there', async () => {
    const queue = new HoldQueue(60_000);
    const askedAt = queue.settlements;
    queue.settled();
    const request = { ask: () => Promise.resolve(admitted), release: noRelease };
    expect(await queue.wait({ ...request, askedAt }, refusal, never)).toBe(admitted);
    void queue.wait({ ...request, askedAt: queue.settlements }, refusal, never);
    expect(queue.length).toBe(1);
  });

  it('are refused at once when the budget is used up meanwhile', async () => {
    const queue = new HoldQueue(60_000);
    const answer = queue.wait({ ask: () => Promise.resolve(usedUp), release: noRelease }, refusal, never);
    queue.settled();
    expect(await answer).toBe(usedUp);
  });

  it('are refused with the reason of their wait when it has been long enough', async () => {
    const queue = new HoldQueue(20);
    const answer = await queue.wait({ ask: () => Promise.resolve(reserved), release: noRelease }, refusal, never);
    expect(answer).toEqual(reserved);
    expect(queue.length).toBe(0);
  });

  it('leave with their client, and give back what was admitted too late', async () => {
    const queue = new HoldQueue(60_000);
    const client = new AbortController();
    let answerNow: (answer: AdmitAnswer) => void = () => undefined;
    let released = 0;
    const ask = (): Promise<AdmitAnswer> => new Promise((resolve) => (answerNow = resolve));
    const answer = queue.wait({ ask, release: () => released++ }, refusal, client.signal);
    queue.settled();
    client.abort();
    expect(await answer).toEqual(reserved);
    answerNow(admitted);
    await expect.poll(() => released).toBe(1);
  });

  it('learn that the books failed, each by itself', async () => {
    const queue = new HoldQueue(60_000);
    const failing = queue.wait({ ask: () => Promise.reject(new Error('disk')), release: noRelease }, refusal, never);
    queue.settled();
    await expect(failing).rejects.toThrow('disk');
    expect(queue.length).toBe(0);
  });
});
