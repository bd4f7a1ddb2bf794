import { describe, expect, it } from 'vitest';
import { type Ended, endAfter, sentence } from './endStream.ts';

const end = (events: readonly unknown[]) => endAfter('anthropic-messages', events);
const named = (name: string, fields: object = {}): Ended => ({ name, data: { type: name, ...fields } });
const text = (index: number): readonly Ended[] => [
  named('content_block_start', { index, content_block: { type: 'text', text: '' } }),
  named('content_block_delta', { index, delta: { type: 'text_delta', text: sentence.message } }),
  named('content_block_stop', { index }),
];
const stop = (output_tokens: number): readonly Ended[] => [
  named('message_delta', { delta: { stop_reason: 'max_tokens', stop_sequence: null }, usage: { output_tokens } }),
  named('message_stop'),
];
const failed = [named('error', { error: { type: 'billing_error', message: sentence.message } })];

const begun = { type: 'message_start', message: {} };
const started = (index: unknown, type: string) => ({ type: 'content_block_start', index, content_block: { type } });
const delta = (index: unknown, fields: object) => ({ type: 'content_block_delta', index, delta: fields });
const stopped = (index: unknown) => ({ type: 'content_block_stop', index });
const counted = (output_tokens: unknown) => ({ type: 'message_delta', delta: {}, usage: { output_tokens } });

describe('a Messages stream that is ended', () => {
  it('is a whole message of the model that was asked for where nothing came', () => {
    const usage = { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 };
    const message = {
      id: 'msg_outlay',
      type: 'message',
      role: 'assistant',
      model: 'asked-model',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage,
    };
    expect(end([])).toEqual([named('message_start', { message }), ...text(0), ...stop(0)]);
  });

  it('closes what is open and says the sentence in a block behind all others', () => {
    const events = [begun, started(0, 'text'), stopped(0), started(1, 'text')];
    expect(end(events)).toEqual([named('content_block_stop', { index: 1 }), ...text(2), ...stop(0)]);
    expect(end([...events, stopped(1)])).toEqual([...text(2), ...stop(0)]);
    expect(end([begun, started(7, 'text'), stopped(7), started(2, 'text'), stopped(2)])).toEqual([
      ...text(8),
      ...stop(0),
    ]);
  });

  it.each(['tool_use', 'server_tool_use', 'mcp_tool_use', 'thinking'])('fails inside of a block of %s', (type) => {
    expect(end([begun, started(0, 'text'), stopped(0), started(1, type)])).toEqual(failed);
    expect(end([begun, started(0, type), stopped(0)])).toEqual([...text(1), ...stop(0)]);
  });

  it('may close thinking once it is signed, and only the block that was', () => {
    const signed = (index: unknown) => delta(index, { type: 'signature_delta', signature: 'c2ln' });
    const closed = [named('content_block_stop', { index: 0 }), ...text(1), ...stop(0)];
    expect(end([begun, started(0, 'thinking'), signed(0)])).toEqual(closed);
    expect(end([begun, started(0, 'thinking'), signed(1)])).toEqual(failed);
    expect(end([begun, started(0, 'thinking'), signed('0')])).toEqual(failed);
    expect(end([begun, started(0, 'thinking'), delta(0, { type: 'other_delta', signature: 'c2ln' })])).toEqual(failed);
    expect(end([begun, signed(0)])).toEqual([...text(0), ...stop(0)]);
  });

  it('tells of the tokens that were reported, or of a fourth of the text where that is more', () => {
    const used = (events: readonly unknown[]) => end([begun, ...events, stopped(0)]).at(-2);
    const [expected] = stop(0);
    const tokens = (output_tokens: number) => ({
      ...expected,
      data: { ...(expected?.data as object), usage: { output_tokens } },
    });
    expect(used([counted(50), counted(49)])).toEqual(tokens(50));
    for (const wrong of ['50', 1.5, null, -1]) expect(used([counted(wrong)])).toEqual(tokens(0));
    expect(used([delta(0, { type: 'text_delta', text: 'x'.repeat(20) })])).toEqual(tokens(5));
    expect(used([delta(0, { type: 'text_delta', text: 'x'.repeat(21) })])).toEqual(tokens(6));
    expect(used([counted(7), delta(0, { type: 'text_delta', text: 'x'.repeat(20) })])).toEqual(tokens(7));
    const pieces = [{ text: '12345678' }, { thinking: '1234' }, { partial_json: '1234' }, { signature: '1234' }];
    expect(used(pieces.map((piece) => delta(0, piece)))).toEqual(tokens(4));
    expect(end([{ type: 'message_start', message: { usage: { output_tokens: 9 } } }]).at(-2)).toEqual(tokens(9));
  });

  it('passes over blocks without a place', () => {
    for (const index of [undefined, '0', 0.5, null])
      expect(end([begun, started(index, 'tool_use')])).toEqual([...text(0), ...stop(0)]);
    expect(end([begun, started(0, 'text'), stopped('0')])).toHaveLength(6);
    expect(end([begun, { type: 'content_block_start', index: 0 }])).toHaveLength(6);
  });

  it('closes up to 64 blocks', () => {
    const open = (count: number) => Array.from({ length: count }, (_, index) => started(index, 'text'));
    const closed = (count: number) =>
      Array.from({ length: count }, (_, index) => named('content_block_stop', { index }));
    expect(end([begun, ...open(64)])).toEqual([...closed(64), ...text(64), ...stop(0)]);
    expect(end([begun, ...open(65)])).toEqual([...closed(64), ...text(65), ...stop(0)]);
  });

  it.each([[{ type: 'message_stop' }], [{ type: 'error', error: {} }], ['[DONE]']])('adds nothing after %j', (last) => {
    expect(end([begun, last])).toEqual([]);
  });
});
