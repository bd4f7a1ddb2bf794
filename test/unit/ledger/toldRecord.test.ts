import { describe, expect, it } from 'vitest';
import type { ImportedCall } from '../../../src/ledger/importContract.ts';
import { priceTold } from '../../../src/ledger/priceTold.ts';
import { DamagedRow, faultOf } from '../../../src/ledger/sqlite.ts';
import { modifiersOf, modifiersText, recordOfImported, tellsOfSum } from '../../../src/ledger/toldRecord.ts';
import { seenAfter } from './bookedEvents.ts';
import { usage } from './callFixtures.ts';
import { plainPrice, told } from './importFixtures.ts';
import { counts, sumOf } from './sumFixtures.ts';

const none = { serviceTier: null, speed: null, inferenceGeo: null, isSum: false };

describe('a call of a log as a record of the books', () => {
  it.each<[string, ImportedCall]>([
    ['call', told({ durationMs: 1200, effort: 'high', subAgent: 'a1', speed: 'fast' })],
    ['call that has parts', advised()],
    ['sum', sumOf('s', counts(100, 10))],
  ])('is the one that they give back of the same %s', (_, call) => {
    const booked = seenAfter([{ told: call }], ({ reader }) => reader.calls({}));
    expect(booked).toEqual([recordOfImported(call, priceTold(call, plainPrice))]);
  });

  it('went well, since logs tell of no failures, and nothing is wrong with it', () => {
    const call = told();
    const record = recordOfImported(call, priceTold(call, plainPrice));
    expect(record).toMatchObject({ status: 'ok', httpStatus: null, errorType: null, problems: [] });
  });

  it('has its identity in the form of a UUID', () => {
    const call = told({ id: '00112233445566778899aabbccddeeff' });
    const { id } = recordOfImported(call, priceTold(call, plainPrice));
    expect(id).toBe('00112233-4455-6677-8899-aabbccddeeff');
  });

  it('took no time of its own where it is a sum over some time', () => {
    const sum = sumOf('s', counts(100, 10), { durationMs: 5000 });
    expect(recordOfImported(sum, priceTold(sum, plainPrice))).toMatchObject({ isSum: true, durationMs: null });
    const call = told({ durationMs: 5000 });
    expect(recordOfImported(call, priceTold(call, plainPrice)).durationMs).toBe(5000);
  });
});

describe('what decides a price besides counts, in one text', () => {
  it.each([
    ['nothing', none],
    ['a tier', { ...none, serviceTier: 'batch' }],
    ['a speed', { ...none, speed: 'fast' }],
    ['a place', { ...none, inferenceGeo: 'us' }],
    ['all three', { ...none, serviceTier: 'batch', speed: 'fast', inferenceGeo: 'us' }],
    ['a sum of one model', { ...none, isSum: true }],
    ['a sum of all models', { ...none, isSum: true, isOfAllModels: true }],
    ['a sum at a tier', { ...none, serviceTier: 'batch', isSum: true, isOfAllModels: true }],
  ])('comes back as it was: %s', (_, modifiers) => {
    const text = modifiersText(modifiers);
    expect(modifiersOf(text)).toEqual(modifiers);
    expect(tellsOfSum(text)).toBe(modifiers.isSum);
  });

  it('is none for most calls, which have nothing of it', () => {
    expect(modifiersText(none)).toBe(null);
    expect(modifiersText({ ...none, isOfAllModels: true })).toBe(null);
  });

  it('keeps sums of one model apart from those of all', () => {
    const texts = [false, true].map((isOfAllModels) => modifiersText({ ...none, isSum: true, isOfAllModels }));
    expect(new Set(texts).size).toBe(2);
  });

  it('is damage where it is no list, and unknown where a part of the list is no text', () => {
    expect(() => modifiersOf('{"speed":"fast"}')).toThrow(new DamagedRow('what decides a price is no list'));
    expect(faultIn('"fast"')).toBe('corrupt');
    expect(modifiersOf('[1,"fast",{}]')).toEqual({ ...none, speed: 'fast' });
    expect(modifiersOf('[null,null,null,"true",1]')).toEqual(none);
  });
});

function faultIn(text: string): string {
  try {
    modifiersOf(text);
    return 'none';
  } catch (error) {
    return faultOf(error);
  }
}

function advised(): ImportedCall {
  const parts = [
    { model: null, usage: usage({ inputTokens: 10, outputTokens: 4, thinkingTokens: 1 }) },
    { model: 'claude-advisor', usage: usage({ inputTokens: 30, outputTokens: 2, thinkingTokens: 0 }) },
  ];
  return told({ parts, usage: usage({ inputTokens: 40, outputTokens: 6, thinkingTokens: 1 }) });
}
