import { describe, expect, it } from 'vitest';
import { endAfter, sentence } from './endStream.ts';

const end = (events: readonly unknown[]) => endAfter('gemini-generate', events);
const none = { promptTokenCount: 0, candidatesTokenCount: 0, totalTokenCount: 0 };
const chunk = (text: string, head: object = {}) => ({
  candidates: [{ content: { parts: [{ text }], role: 'model' }, finishReason: 'MAX_TOKENS', index: 0 }],
  usageMetadata: none,
  modelVersion: 'asked-model',
  responseId: 'response_outlay',
  ...head,
});
const paragraph = `\n\n${sentence.message}`;
const hi = { candidates: [{ content: { parts: [{ text: 'Hi' }] } }] };

describe('a Gemini stream that is ended', () => {
  it('is a whole answer of the model that was asked for where nothing came', () => {
    expect(end([])).toEqual([{ data: chunk(sentence.message) }]);
  });

  it('goes on under the id, model and usage that came last', () => {
    const head = { usageMetadata: { promptTokenCount: 5 }, modelVersion: 'served', responseId: 'r-1' };
    expect(end([{ ...hi, ...head }, hi])).toEqual([{ data: chunk(paragraph, head) }]);
    const later = { usageMetadata: { promptTokenCount: 6 }, modelVersion: 'other', responseId: 'r-2' };
    expect(
      end([
        { ...hi, ...head },
        { ...hi, ...later },
      ]),
    ).toEqual([{ data: chunk(paragraph, later) }]);
  });

  it('is wrapped as the last chunk was', () => {
    const head = { modelVersion: 'served' };
    expect(end([{ response: { ...hi, ...head } }])).toEqual([{ data: { response: chunk(paragraph, head) } }]);
    expect(end([{ response: hi }, hi])).toEqual([{ data: chunk(paragraph) }]);
  });

  it.each([
    ['[DONE]'],
    [{ error: { code: 429 } }],
    [{ response: { error: { code: 429 } } }],
    [{ candidates: [{ finishReason: 'STOP' }] }],
    [{ candidates: [{}, { finishReason: 'STOP' }] }],
    [{ promptFeedback: { blockReason: 'SAFETY' } }],
  ])('adds nothing after %j', (last) => {
    expect(end([hi, last])).toEqual([]);
  });

  it.each([[{ error: null }], [{ promptFeedback: {} }], [{ candidates: [{ finishReason: '' }] }]])(
    'has not ended by itself after %j',
    (last) => {
      expect(end([hi, last])).toEqual([{ data: chunk(paragraph) }]);
    },
  );
});
