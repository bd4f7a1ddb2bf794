import { describe, expect, it } from 'vitest';
import { cutAt, type ReadResponse, readResponse } from './readResponse.ts';

const say = (content: string) => ({ choices: [{ index: 0, delta: { content } }] });
const data = (content: string) => `data:${JSON.stringify(say(content))}`;
const outcome = ({ facts, visible, thinking, toolArguments, problems }: ReadResponse) =>
  JSON.stringify({ facts, visible, thinking, toolArguments, problems });

describe('an event stream', () => {
  it('gives the same at every cut of a stream with marks, line ends and scripts of all kinds', async () => {
    const stream = `\uFEFF: hi\r\n\r\n${data('안녕하세요 👋🏽')}\r\r${data('\u2028日本語')}\n\n${data('é')}\r\n\r\ndata: [DONE]\r\n\r\n`;
    const bytes = Buffer.from(stream);
    const options = { api: 'openai-chat', contentType: 'text/event-stream' } as const;
    const expected = outcome(await readResponse(options, [bytes]));
    expect(expected).toContain('안녕하세요 👋🏽\u2028日本語é');
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second++) {
        expect(outcome(await readResponse(options, cutAt(bytes, [first, second])))).toBe(expected);
      }
    }
  }, 180_000);
});
