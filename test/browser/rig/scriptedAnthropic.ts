import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the scripted provider reports of a message, in its own words' meaning: output includes thinking. */
export interface ScriptedUsage {
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly outputTokens: number;
  readonly thinkingTokens: number;
}

export const scriptedUsage: ScriptedUsage = {
  inputTokens: 12_000,
  cacheReadTokens: 45_000,
  outputTokens: 3_200,
  thinkingTokens: 1_900,
};

export interface SeenMessage {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly model: string;
  readonly body: string;
}

/** A stream that a test writes by hand, event by event. */
export interface HeldStream {
  readonly message: SeenMessage;
  think(text: string): void;
  say(text: string): void;
  finish(usage?: ScriptedUsage): void;
  /** Ends the connection in mid-stream. */
  cut(): void;
  /** The other side has gone away, or the answer is complete. */
  readonly closed: Promise<void>;
}

export interface ScriptedAnthropic {
  readonly origin: string;
  readonly messages: readonly SeenMessage[];
  /** The next streamed message whose body holds this text is left to the test; all others are answered at once. */
  hold(bodyPart: string): Promise<HeldStream>;
  close(): Promise<void>;
}

/** An Anthropic that answers on loopback, with the usage that a test can check. */
export async function startScriptedAnthropic(): Promise<ScriptedAnthropic> {
  const messages: SeenMessage[] = [];
  const waiting: { readonly bodyPart: string; readonly resolve: (stream: HeldStream) => void }[] = [];

  const server = createServer(async (request, response) => {
    const body = await read(request);
    const path = request.url ?? '';
    if (!/\/messages(\?|$)/.test(path)) return answerOther(path, response);
    const { model = '', stream = false } = JSON.parse(body) as { model?: string; stream?: boolean };
    const message = { path, headers: request.headers, model, body };
    messages.push(message);
    const at = waiting.findIndex(({ bodyPart }) => body.includes(bodyPart));
    const waiter = stream && at >= 0 ? waiting.splice(at, 1)[0] : undefined;
    const headers = { 'content-type': stream ? 'text/event-stream' : 'application/json', 'request-id': requestId() };
    response.writeHead(200, headers);
    if (!stream) return void response.end(JSON.stringify(wholeMessage(model)));
    const held = openStream(message, response);
    if (waiter !== undefined) return waiter.resolve(held);
    held.think('The question is about a number, and there is one answer to it.');
    held.say('The answer is forty-two.');
    held.finish();
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages,
    hold: (bodyPart) => new Promise((resolve) => waiting.push({ bodyPart, resolve })),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

let ids = 0;
const requestId = (): string => `req_made_up_${ids++}`;

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Agents ask for more than messages; none of it costs anything. */
function answerOther(path: string, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(path.includes('count_tokens') ? '{"input_tokens":10}' : '{}');
}

function openStream(message: SeenMessage, response: ServerResponse): HeldStream {
  const send = (type: string, fields: object): void => {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
  };
  let block: 'thinking' | 'text' | null = null;
  let index = -1;
  const enter = (kind: 'thinking' | 'text' | null): void => {
    if (block === kind) return;
    if (block !== null) send('content_block_stop', { index });
    block = kind;
    if (kind === null) return;
    index += 1;
    const content =
      kind === 'thinking' ? { type: 'thinking', thinking: '', signature: '' } : { type: 'text', text: '' };
    send('content_block_start', { index, content_block: content });
  };
  send('message_start', {
    message: { ...wholeMessage(message.model), content: [], stop_reason: null, usage: usageOf(scriptedUsage, 1) },
  });
  return {
    message,
    think: (thinking) => {
      enter('thinking');
      send('content_block_delta', { index, delta: { type: 'thinking_delta', thinking } });
    },
    say: (text) => {
      enter('text');
      send('content_block_delta', { index, delta: { type: 'text_delta', text } });
    },
    finish: (usage = scriptedUsage) => {
      enter(null);
      send('message_delta', {
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: usageOf(usage, usage.outputTokens),
      });
      send('message_stop', {});
      response.end();
    },
    cut: () => void response.socket?.destroy(),
    closed: new Promise((closed) => response.once('close', closed)),
  };
}

function wholeMessage(model: string): Readonly<Record<string, unknown>> {
  return {
    id: `msg_made_up_${ids++}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text: 'The answer is forty-two.' }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: usageOf(scriptedUsage, scriptedUsage.outputTokens),
  };
}

function usageOf(usage: ScriptedUsage, outputTokens: number): object {
  return {
    input_tokens: usage.inputTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    cache_creation_input_tokens: 0,
    output_tokens: outputTokens,
    ...(outputTokens === usage.outputTokens
      ? { output_tokens_details: { thinking_tokens: usage.thinkingTokens } }
      : {}),
  };
}
