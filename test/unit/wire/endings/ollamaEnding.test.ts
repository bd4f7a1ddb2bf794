import { describe, expect, it } from 'vitest';
import { sentence, streamEnding, textOf } from './endStream.ts';

function end(lines: readonly object[]): string {
  const ending = streamEnding('ollama-native', 'application/x-ndjson');
  ending.push(Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join('')));
  return textOf(ending.ending(sentence));
}

const paragraph = `\n\n${sentence.message}`;
const last = { created_at: '1970-01-01T00:00:00.000Z', done: true, done_reason: 'length' };
const chat = (model: string, content: string) => ({
  ...last,
  model,
  message: { role: 'assistant', content },
  response: content,
});

describe("a stream of Ollama's own that is ended", () => {
  it('is one line of the model that was asked for where nothing came', () => {
    const line = end([]);
    expect(line).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(line)).toEqual(chat('asked-model', sentence.message));
  });

  it('goes on in a paragraph of its own, under the model that came', () => {
    const hi = { model: 'served', message: { role: 'assistant', content: 'Hi' }, done: false };
    expect(JSON.parse(end([hi, { message: hi.message }]))).toEqual(chat('served', paragraph));
  });

  it('says it under `response` alone where what came is so', () => {
    const line = JSON.parse(end([{ model: 'served', response: '', done: false }]));
    expect(line).toEqual({ ...last, model: 'served', response: paragraph });
  });

  it.each([[{ done: true }], [{ error: 'made up' }]])('adds nothing after %j', (line) => {
    expect(end([{ model: 'served', response: 'Hi' }, line])).toBe('');
  });

  it('adds nothing after the mark that other streams end with', () => {
    const ending = streamEnding('ollama-native', 'application/x-ndjson');
    ending.push(Buffer.from('{"model":"served","response":"Hi"}\n[DONE]\n'));
    expect(textOf(ending.ending(sentence))).toBe('');
  });

  it.each([[{ done: 'yes' }], [{ error: '' }]])('has not ended by itself after %j', (line) => {
    expect(end([line])).not.toBe('');
  });
});
