import { describe, expect, it } from 'vitest';
import { endAfter, sentence } from './endStream.ts';

const end = (events: readonly unknown[]) => endAfter('openai-chat', events);
const done = { data: '[DONE]' };
const paragraph = `\n\n${sentence.message}`;
const chunk = (choice: object, head: object = {}) => ({
  data: {
    id: 'chatcmpl_outlay',
    object: 'chat.completion.chunk',
    created: 0,
    model: 'asked-model',
    choices: [choice],
    ...head,
  },
});
const said = (index: number, head?: object) =>
  chunk({ index, delta: { content: paragraph }, finish_reason: null }, head);
const cut = (index: number, head?: object) => chunk({ index, delta: {}, finish_reason: 'length' }, head);
const failed = {
  data: { error: { message: sentence.message, type: 'billing_error', param: null, code: 402 } },
};
const came = (...choices: readonly object[]) => ({ choices });

describe('a Chat Completions stream that is ended', () => {
  it('is a whole answer of the model that was asked for where nothing came', () => {
    const whole = [
      chunk({ index: 0, delta: { role: 'assistant', content: sentence.message }, finish_reason: null }),
      cut(0),
      done,
    ];
    expect(end([])).toEqual(whole);
    expect(end([{ choices: [] }])).toEqual(whole);
  });

  it('goes on under the id, model and time of what came', () => {
    const first = { id: 'chatcmpl-1', model: 'served', created: 5, choices: [{ index: 0, delta: { content: 'Hi' } }] };
    const head = { id: 'chatcmpl-1', model: 'served', created: 6 };
    const events = [first, { ...first, id: 'chatcmpl-2', model: 'other', created: 6 }, { ...first, created: '7' }];
    expect(end(events)).toEqual([said(0, head), cut(0, head), done]);
  });

  it('says the sentence in every choice that has not ended', () => {
    const two = came({ index: 0, delta: { content: 'a' } }, { index: 1, delta: { content: 'b' } });
    expect(end([two])).toEqual([said(0), said(1), cut(0), cut(1), done]);
    expect(end([two, came({ index: 0, delta: {}, finish_reason: 'stop' })])).toEqual([said(1), cut(1), done]);
    expect(end([came({ delta: { content: 'a' } })])).toEqual([said(0), cut(0), done]);
    expect(end([came({ index: 3, delta: {}, finish_reason: '' })])).toEqual([said(3), cut(3), done]);
  });

  it('takes a choice that has ended for ended, whatever comes for it then', () => {
    const last = came({ index: 0, delta: {}, finish_reason: 'stop' });
    expect(end([came({ index: 0, delta: { content: 'a' } }), last, came({ index: 0, delta: {} })])).toEqual([done]);
    expect(end([last])).toEqual([done]);
  });

  it('fails where a tool is being called', () => {
    expect(end([came({ index: 0, delta: { tool_calls: [{ index: 0 }] } }), came({ index: 0, delta: {} })])).toEqual([
      failed,
      done,
    ]);
    expect(end([came({ index: 0, delta: { function_call: { name: 'f' } } })])).toEqual([failed, done]);
    expect(end([came({ index: 0, delta: { tool_calls: [], function_call: null } })])).toEqual([said(0), cut(0), done]);
    const called = came({ index: 0, delta: { tool_calls: [{ index: 0 }] }, finish_reason: 'tool_calls' });
    expect(end([called])).toEqual([done]);
  });

  it('ends up to 128 choices', () => {
    const choices = (count: number) => came(...Array.from({ length: count }, (_, index) => ({ index, delta: {} })));
    expect(end([choices(128)])).toHaveLength(2 * 128 + 1);
    expect(end([choices(129)])).toHaveLength(2 * 128 + 1);
  });

  it.each([['[DONE]'], [{ error: { message: 'made up' } }]])('adds nothing after %j', (last) => {
    expect(end([came({ index: 0, delta: { content: 'a' } }), last])).toEqual([]);
  });
});
