import type { ApiKind } from '../../../../src/domain/api.ts';
import { createStreamEnding, type StreamEnding } from '../../../../src/wire/endings/streamEnding.ts';

export const sentence = { message: 'The budget is used up.', model: 'asked-model' };

export interface Ended {
  readonly name?: string;
  readonly data: unknown;
}

/** What an event stream of this API is ended with after these events; a text is sent as it is. */
export function endAfter(api: ApiKind, events: readonly unknown[], agent = 'unknown'): readonly Ended[] {
  const ending = streamEnding(api, 'text/event-stream', agent);
  const sent = events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
  ending.push(Buffer.from(sent.join('')));
  return readEvents(textOf(ending.ending(sentence)));
}

export function streamEnding(api: ApiKind, type: string, agent = 'unknown'): StreamEnding {
  const ending = createStreamEnding({ api, agent }, { type, encoding: '' });
  if (ending === null) throw new Error(`${api} cannot be ended as ${type}.`);
  return ending;
}

export function textOf(bytes: Uint8Array | null): string {
  if (bytes === null) throw new Error('The stream can only be broken off.');
  return Buffer.from(bytes).toString();
}

/** Events exactly as they have to be written: a name where there is one, one line of data, an empty line. */
export function readEvents(text: string): readonly Ended[] {
  if (text === '') return [];
  if (!text.endsWith('\n\n')) throw new Error(`The last event is not whole: ${text}`);
  return text
    .slice(0, -2)
    .split('\n\n')
    .map((event) => {
      const [whole, name, data = ''] = /^(?:event: (.+)\n)?data: (.+)$/.exec(event) ?? [];
      if (whole === undefined) throw new Error(`This is no event of one line: ${event}`);
      const value: unknown = data === '[DONE]' ? data : JSON.parse(data);
      return name === undefined ? { data: value } : { name, data: value };
    });
}
