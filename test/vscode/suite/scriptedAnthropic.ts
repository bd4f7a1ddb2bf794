import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const answer = {
  id: 'msg_in_host',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content: [{ type: 'text', text: 'pong' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 1_000_000, output_tokens: 100_000 },
};

/** An upstream on loopback that answers every request with the same message of known usage. */
export interface ScriptedAnthropic extends AsyncDisposable {
  readonly origin: string;
  readonly paths: readonly string[];
}

export async function startScriptedAnthropic(): Promise<ScriptedAnthropic> {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json', 'request-id': `req_${paths.length}` });
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Sends one message as an agent would that was given this base URL. */
export async function sendMessage(baseUrl: string): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(`${baseUrl}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'sk-made-up', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ model: 'claude-sonnet-4-5', max_tokens: 16, messages: [{ role: 'user', content: 'ping' }] }),
  });
  return { status: response.status, body: await response.json() };
}
