// An extension that calls LLM APIs in every way that extensions do, with the clients bundled as they bundle them. It is built by
// test/vscode/callerExtension.ts and installed beside Outlay; the tests inside the host use what `activate` returns.
import * as http from 'node:http';
import { request as capturedRequest } from 'node:http';
import * as http2 from 'node:http2';
import { Readable } from 'node:stream';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import axios from 'axios';
import nodeFetch from 'node-fetch';
import OpenAI from 'openai';
import * as undici6 from 'undici6';
import * as undici7 from 'undici7';
import * as undici8 from 'undici8';
import * as vscode from 'vscode';

/** A model of VS Code's own, as Copilot Chat provides them: asks an API and passes on the text. */
const modelProvider = (origin, headers) => ({
  provideLanguageModelChatInformation: () => [
    {
      ...{ id: 'fixture-model', name: 'Fixture model', family: 'fixture', version: '1' },
      ...{ maxInputTokens: 1000, maxOutputTokens: 1000, capabilities: {} },
    },
  ],
  provideTokenCount: async () => 1,
  provideLanguageModelChatResponse: async (_model, _messages, _options, progress) => {
    const body = JSON.stringify({ model: 'claude-sonnet-4-5', max_tokens: 100, messages: [message] });
    const { content } = JSON.parse((await ways['undici 7'](`${origin}/v1/messages`, { headers, body })).body);
    progress.report(new vscode.LanguageModelTextPart(content.at(-1).text));
  },
});

const capturedFetch = globalThis.fetch;

const whole = async (response) => ({
  status: response.status,
  body: Buffer.from(await response.arrayBuffer()).toString('utf8'),
});

const byFetch =
  (send, more = {}) =>
  async (url, { headers, body, signal }) =>
    whole(await send(url, { method: 'POST', headers, body, signal, ...more }));

const byUndici =
  (undici, dispatcher) =>
  async (url, { headers, body, signal }) => {
    const answer = await undici.request(url, { method: 'POST', headers, body, signal, dispatcher });
    return { status: answer.statusCode, body: await answer.body.text() };
  };

const byHttp =
  (request) =>
  (url, { headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const call = request(url, { method: 'POST', headers, signal }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      call.on('error', reject);
      call.write(body.slice(0, body.length / 2));
      call.end(body.slice(body.length / 2));
    });

async function* inPieces(body) {
  for (let at = 0; at < body.length; at += 16_384) yield Buffer.from(body.slice(at, at + 16_384));
}

const agents = { 6: new undici6.Agent(), 7: new undici7.Agent(), 8: new undici8.Agent() };

/** Ways to send a body and to get an answer whole. */
const ways = {
  'the global fetch': (url, options) => byFetch(globalThis.fetch)(url, options),
  'a captured fetch': byFetch(capturedFetch),
  'fetch without await': (url, { headers, body, signal }) =>
    new Promise((resolve, reject) => {
      fetch(url, { method: 'POST', headers, body, signal }).then(
        (response) => whole(response).then(resolve, reject),
        reject,
      );
    }),
  'fetch with a Request': async (url, { headers, body, signal }) =>
    whole(await fetch(new Request(url, { method: 'POST', headers, body, signal }))),
  'fetch with a streaming body': (url, { headers, body, signal }) =>
    byFetch(globalThis.fetch, { duplex: 'half' })(url, { headers, body: ReadableStream.from(inPieces(body)), signal }),
  'undici 6': byUndici(undici6, agents[6]),
  'undici 7': byUndici(undici7, agents[7]),
  'undici 8': byUndici(undici8, agents[8]),
  'fetch of undici 6': byFetch(undici6.fetch, { dispatcher: agents[6] }),
  'fetch of undici 7': byFetch(undici7.fetch, { dispatcher: agents[7] }),
  'fetch of undici 8': byFetch(undici8.fetch, { dispatcher: agents[8] }),
  'http.request': (url, options) => byHttp(http.request)(url, options),
  'a captured request': byHttp(capturedRequest),
  axios: async (url, { headers, body, signal }) => {
    const options = {
      method: 'POST',
      headers,
      data: body,
      signal,
      responseType: 'text',
      transformResponse: (text) => text,
    };
    const limits = { maxBodyLength: Infinity, maxContentLength: Infinity };
    const { status, data } = await axios({ url, ...options, ...limits, adapter: 'http', validateStatus: () => true });
    return { status, body: data };
  },
  'node-fetch': async (url, { headers, body, signal }) => {
    const response = await nodeFetch(url, { method: 'POST', headers, body, signal });
    return { status: response.status, body: await response.text() };
  },
};

const message = { role: 'user', content: 'ping' };
const made = (defaultHeaders) => ({ apiKey: 'sk-made-up', maxRetries: 0, defaultHeaders });

/** SDKs as their users use them; each gives the events that its user sees. */
const sdks = {
  'Anthropic SDK': async (origin, headers) => {
    const client = new Anthropic({ baseURL: origin, ...made(headers) });
    const events = [];
    const stream = await client.messages.create({
      model: 'claude-sonnet-4-5',
      max_tokens: 100,
      messages: [message],
      stream: true,
    });
    for await (const event of stream) events.push(event);
    return events;
  },
  'OpenAI SDK, Chat': async (origin, headers) => {
    const client = new OpenAI({ baseURL: `${origin}/v1`, ...made(headers) });
    const events = [];
    const stream = await client.chat.completions.create({
      model: 'gpt-5',
      messages: [message],
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const event of stream) events.push(event);
    return events;
  },
  'OpenAI SDK, Responses': async (origin, headers) => {
    const client = new OpenAI({ baseURL: `${origin}/v1`, ...made(headers) });
    const events = [];
    const stream = await client.responses.create({ model: 'gpt-5', input: 'ping', stream: true });
    for await (const event of stream) events.push(event);
    return events;
  },
  'Google SDK': async (origin, headers) => {
    const client = new GoogleGenAI({ apiKey: 'made-up', httpOptions: { baseUrl: origin, headers } });
    const events = [];
    const stream = await client.models.generateContentStream({ model: 'gemini-3-pro', contents: 'ping' });
    for await (const event of stream) events.push(event.text);
    return events;
  },
};

/** A loop as agents have it: asks, runs a tool, asks again, until something stops it. Gives what its user was told. */
async function agentLoop(origin, { headers, most }) {
  const client = new Anthropic({ baseURL: origin, apiKey: 'sk-made-up', defaultHeaders: headers });
  const messages = [message];
  for (let turn = 1; turn <= most; turn++) {
    try {
      const answer = await client.messages.create({ model: 'claude-sonnet-4-5', max_tokens: 100, messages });
      messages.push({ role: 'assistant', content: answer.content }, message);
    } catch (error) {
      return { turns: turn - 1, status: error.status ?? null, text: error.message };
    }
  }
  return { turns: most, status: null, text: 'nothing stopped it' };
}

/** Asks for a stream and never reads it. */
async function neverRead(url, { headers, body }) {
  const response = await fetch(url, { method: 'POST', headers, body });
  return { status: response.status, leave: () => response.body.cancel() };
}

/** Sends a body piece by piece with pauses, as agents do that write while they think; null breaks it off. */
const inBodies = {
  'fetch with a stream': (url, { headers, pieces, pauseMs }) =>
    byFetch(globalThis.fetch, { duplex: 'half' })(url, { headers, body: ReadableStream.from(paced(pieces, pauseMs)) }),
  'undici 7 with a generator': (url, { headers, pieces, pauseMs }) =>
    byUndici(undici7, agents[7])(url, { headers, body: Readable.from(paced(pieces, pauseMs)) }),
  'http.request, chunked': (url, { headers, pieces, pauseMs }) =>
    new Promise((resolve, reject) => {
      const call = http.request(url, { method: 'POST', headers }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      call.on('error', reject);
      Readable.from(paced(pieces, pauseMs))
        .on('error', (error) => call.destroy(error))
        .pipe(call);
    }),
};

async function* paced(pieces, pauseMs) {
  for (const piece of pieces) {
    if (piece === null) throw new Error('the body ends here');
    yield Buffer.from(piece);
    await new Promise((later) => setTimeout(later, pauseMs));
  }
}

function overHttp2(origin, { path, headers, body }) {
  return new Promise((resolve, reject) => {
    const session = http2.connect(origin);
    session.on('error', reject);
    const stream = session.request({ ':method': 'POST', ':path': path, ...headers });
    const chunks = [];
    stream.on('error', reject);
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('end', () => {
      session.close();
      resolve(Buffer.concat(chunks).toString('utf8'));
    });
    stream.end(body);
  });
}

const originalFetch = globalThis.fetch;
let replacement = null;

/** What other extensions do to their host. */
const hostile = {
  replaceFetch() {
    const before = globalThis.fetch;
    replacement = (...args) => before(...args);
    globalThis.fetch = replacement;
    return replacement;
  },
  restoreFetch() {
    globalThis.fetch = originalFetch;
  },
  currentFetch: () => globalThis.fetch,
};

export function activate() {
  const provideModel = (origin, headers) =>
    vscode.lm.registerLanguageModelChatProvider('fixture', modelProvider(origin, headers));
  return { provideModel, ways, inBodies, sdks, agentLoop, neverRead, overHttp2, hostile };
}
