import { describe, expect, it } from 'vitest';
import type { ImportedCall } from '../../../src/ledger/importContract.ts';
import { mergeImported } from '../../../src/ledger/mergeImported.ts';
import { usage } from './callFixtures.ts';
import { atMs, told } from './importFixtures.ts';

/** What two observations come to, which is the same in either order. */
function merged(a: Partial<ImportedCall>, b: Partial<ImportedCall>): ImportedCall {
  const [first, second] = [told(a), told(b)];
  const both = mergeImported(first, second);
  expect(mergeImported(second, first)).toEqual({ ...both, id: second.id });
  return both;
}

describe('two observations of one call', () => {
  it('belong to whoever told of it first, with all that says where', () => {
    const early = { atMs, agent: 'zed', session: 's9', subAgent: 'x', workspaceId: 'w9' };
    const late = { atMs: atMs + 1, agent: 'aider', session: 's1', subAgent: null, workspaceId: 'w1' };
    expect(merged(early, late)).toMatchObject(early);
  });

  it.each<[string, Partial<ImportedCall>, Partial<ImportedCall>]>([
    ['the main agent', { subAgent: null, session: 's9' }, { subAgent: 'a', session: 's1' }],
    ['the first session', { session: 's1', workspaceId: 'w9' }, { session: 's2', workspaceId: 'w1' }],
    ['the first sub-agent', { subAgent: 'a', workspaceId: 'w9' }, { subAgent: 'b', workspaceId: 'w1' }],
    ['a workspace that is known', { workspaceId: 'w1', agent: 'zed' }, { workspaceId: 'no-folder', agent: 'aider' }],
    ['the first workspace', { workspaceId: 'w1', agent: 'zed' }, { workspaceId: 'w2', agent: 'aider' }],
    ['the first agent', { agent: 'aider' }, { agent: 'zed' }],
  ])('of one time belong to %s', (_, home, copy) => {
    expect(merged(home, copy)).toMatchObject(home);
  });

  it.each<[string, Partial<ImportedCall>, Partial<ImportedCall>]>([
    [
      'the fuller answer',
      { model: 'z', usage: usage({ outputTokens: 1 }) },
      { model: 'a', usage: usage({ outputTokens: null }) },
    ],
    [
      'the fuller answer, of none and one not counted',
      { model: 'z', usage: usage({ outputTokens: 0 }) },
      { model: 'a', usage: usage({}) },
    ],
    [
      'whoever knows the model',
      { model: 'z', usage: usage({ outputTokens: 1 }) },
      { model: 'unknown', usage: usage({ outputTokens: 2 }) },
    ],
    ['whoever knows the provider', { provider: 'x-ai' }, { provider: 'unnamed' }],
    ['the first model', { model: 'a', provider: 'openai' }, { model: 'b', provider: 'anthropic' }],
    [
      'the first provider',
      { provider: 'anthropic', api: 'openai-chat' },
      { provider: 'openai', api: 'anthropic-messages' },
    ],
    ['the first API', { api: 'anthropic-messages' }, { api: 'openai-chat' }],
  ])('take the model from %s', (_, answer, other) => {
    const { model, provider, api } = told(answer);
    expect(merged(answer, other)).toMatchObject({ model, provider, api });
  });

  it.each<[keyof ImportedCall, unknown, unknown]>([
    ['responseId', 'msg_2', null],
    ['responseId', 'msg_2', 'msg_1'],
    ['requestId', 'req_2', null],
    ['effort', 'low', 'high'],
    ['effort', 'low', null],
    ['auth', 'subscription', 'key'],
    ['auth', 'key', 'unknown'],
    ['provenance', 'reported', 'estimated'],
    ['provenance', 'estimated', 'partial'],
    ['durationMs', 20, 10],
    ['durationMs', 0, null],
    ['billedNanoUsd', 20, 10],
    ['serviceTier', 'batch', null],
    ['speed', 'fast', null],
    ['inferenceGeo', 'us', 'eu'],
    ['isOfAllModels', true, undefined],
  ])('know more of %s where one says %s and the other %s', (field, more, less) => {
    expect(merged({ [field]: more }, { [field]: less })).toHaveProperty(field, more);
  });

  it('are of all models of a session only where one of them is', () => {
    expect(merged({}, {})).not.toHaveProperty('isOfAllModels');
  });

  it('are a sum where one of them is, over all that both are over', () => {
    const sum = { isSum: true, atMs, durationMs: 10 };
    expect(merged(sum, { atMs: atMs + 5, durationMs: 20 })).toMatchObject({ isSum: true, atMs, durationMs: 25 });
    expect(merged(sum, { ...sum, atMs: atMs + 5, durationMs: null })).toMatchObject({ durationMs: 10 });
    expect(merged({}, {})).toMatchObject({ isSum: false });
  });

  it('have the parts that come to more, of one size the first by their text, or none', () => {
    const parts = (inputTokens: number, outputTokens: number, model: string | null = null) => [
      { model, usage: usage({ inputTokens, outputTokens }) },
    ];
    expect(merged({ parts: parts(1, 5) }, { parts: parts(4, 1) }).parts).toEqual(parts(1, 5));
    expect(merged({ parts: parts(5, 1) }, { parts: parts(1, 4) }).parts).toEqual(parts(5, 1));
    expect(merged({ parts: parts(1, 1, 'b') }, { parts: parts(1, 1, 'a') }).parts).toEqual(parts(1, 1, 'b'));
    expect(merged({ parts: parts(1, 1) }, {}).parts).toEqual(parts(1, 1));
    expect(merged({}, {})).not.toHaveProperty('parts');
  });
});
