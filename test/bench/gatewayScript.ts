/** What the scripted upstream is asked to do. It travels as the text of the last message, which every gateway passes on unchanged. */
export interface UpstreamScript {
  readonly events: number;
  /** 0 sends everything in one write. */
  readonly everyMs: number;
  /** Characters of text an event. */
  readonly padding: number;
  /** Makes the bytes of a stream foreseeable and its own: events carry this in place of the time. */
  readonly stream?: number;
}

const words = 'the meter counts what streams past and says what it costs while nothing waits for it to be done ';

/** A request as a coding agent sends it, about 150 bytes long. */
export function requestBody(script: UpstreamScript): Buffer {
  return Buffer.from(
    JSON.stringify({
      model: 'claude-sonnet-4-5',
      max_tokens: 1024,
      stream: true,
      messages: [{ role: 'user', content: JSON.stringify(script) }],
    }),
  );
}

export function scriptOf(body: Buffer): UpstreamScript {
  const { messages } = JSON.parse(body.toString()) as { messages: { content: string }[] };
  return JSON.parse(messages.at(-1)?.content ?? '{}') as UpstreamScript;
}

/** A request that is `bytes` long, nearly all of it one picture. */
export function largeBody(bytes: number): Buffer {
  const [before, after] = [
    '{"model":"claude-sonnet-4-5","max_tokens":1024,"stream":true,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"',
    '"}}]}]}',
  ];
  return Buffer.concat([
    Buffer.from(before),
    Buffer.alloc(bytes - before.length - after.length, 'iVBORw0KGgoAAAANSUhEUgAA'),
    Buffer.from(after),
  ]);
}

/** One event of an Anthropic stream; `mark` is the time of its writing, or what makes it foreseeable. */
export function streamEvent(index: number, script: UpstreamScript, mark: string): string {
  const text = words.repeat(Math.ceil(script.padding / words.length)).slice(0, script.padding);
  const start = {
    type: 'message_start',
    t: mark,
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-4-5',
      content: [],
      usage: { input_tokens: 25, output_tokens: 1 },
    },
  };
  const delta = { type: 'content_block_delta', t: mark, index: 0, delta: { type: 'text_delta', text } };
  const first =
    index === 0
      ? sse(start) + sse({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } })
      : sse(delta);
  return index < script.events - 1 ? first : first + streamEnd(script);
}

/** All of a foreseeable stream. */
export function wholeStream(script: UpstreamScript): string {
  return Array.from({ length: script.events }, (_, index) => streamEvent(index, script, markOf(script, index))).join(
    '',
  );
}

export function markOf({ stream }: UpstreamScript, index: number): string {
  return stream === undefined ? String(process.hrtime.bigint()) : `${stream}-${index}`;
}

function streamEnd({ events, padding }: UpstreamScript): string {
  const delta = {
    type: 'message_delta',
    delta: { stop_reason: 'end_turn' },
    usage: { output_tokens: Math.ceil((events * padding) / 5) },
  };
  return sse({ type: 'content_block_stop', index: 0 }) + sse(delta) + sse({ type: 'message_stop' });
}

function sse(data: { readonly type: string; readonly [field: string]: unknown }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}
