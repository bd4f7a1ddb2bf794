import { request as nodeRequest } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { clientsDir } from '../../support/toolchain.ts';

/** A way to call, and what it gives its caller. */
export interface Client {
  readonly name: string;
  call(url: string, body: string | Uint8Array, signal?: AbortSignal): Promise<{ status: number; body: Buffer }>;
}

interface Undici {
  readonly fetch: typeof fetch;
  readonly Agent: new () => { close(): Promise<void> };
  request(url: string, options: object): Promise<{ statusCode: number; body: { arrayBuffer(): Promise<ArrayBuffer> } }>;
}

type Axios = (options: object) => Promise<{ status: number; data: ArrayBuffer }>;
type NodeFetch = (url: string, options: object) => Promise<{ status: number; arrayBuffer(): Promise<ArrayBuffer> }>;

const require = createRequire(join(clientsDir(), 'x.js'));
type Body = NonNullable<RequestInit['body']>;

const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-made-up' };
const capturedFetch = globalThis.fetch;

async function viaFetch(
  send: typeof fetch,
  url: string,
  { body, signal, more }: { body: string | Uint8Array; signal?: AbortSignal | undefined; more?: object },
): Promise<{ status: number; body: Buffer }> {
  const response = await send(url, {
    method: 'POST',
    headers,
    body: body as Body,
    ...(signal === undefined ? {} : { signal }),
    ...more,
  });
  return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
}

function viaHttp(
  url: string,
  body: string | Uint8Array,
  signal?: AbortSignal,
): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const request = nodeRequest(url, { method: 'POST', headers, ...(signal === undefined ? {} : { signal }) });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
    });
    const half = Math.floor(body.length / 2);
    request.write(typeof body === 'string' ? body.slice(0, half) : body.subarray(0, half));
    request.end(typeof body === 'string' ? body.slice(half) : body.subarray(half));
  });
}

function bundled(name: string): readonly Client[] {
  const undici = require(name) as Undici;
  const dispatcher = new undici.Agent();
  return [
    {
      name: `fetch of a bundled ${name}`,
      call: (url, body, signal) => viaFetch(undici.fetch, url, { body, signal, more: { dispatcher } }),
    },
    {
      name: `request of a bundled ${name}`,
      call: async (url, body, signal) => {
        const answer = await undici.request(url, { method: 'POST', headers, body, signal, dispatcher });
        return { status: answer.statusCode, body: Buffer.from(await answer.body.arrayBuffer()) };
      },
    },
  ];
}

/** Every way in which extensions are known to call. */
export const clients: readonly Client[] = [
  { name: 'the global fetch', call: (url, body, signal) => viaFetch(fetch, url, { body, signal }) },
  { name: 'a captured fetch', call: (url, body, signal) => viaFetch(capturedFetch, url, { body, signal }) },
  {
    name: 'fetch with a Request',
    call: async (url, body, signal) => {
      const init = { method: 'POST', headers, body: body as Body, ...(signal === undefined ? {} : { signal }) };
      const response = await fetch(new Request(url, init));
      return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
    },
  },
  ...['undici6', 'undici7', 'undici8'].flatMap(bundled),
  { name: 'http.request', call: viaHttp },
  {
    name: 'axios',
    call: async (url, body, signal) => {
      const axios = require('axios') as Axios;
      const { status, data } = await axios({
        ...{ url, method: 'POST', data: body, signal, headers, responseType: 'arraybuffer', adapter: 'http' },
        ...{ proxy: false, decompress: true, validateStatus: () => true, maxBodyLength: Number.POSITIVE_INFINITY },
        maxContentLength: Number.POSITIVE_INFINITY,
      });
      return { status, body: Buffer.from(data) };
    },
  },
  {
    name: 'node-fetch',
    call: async (url, body, signal) => {
      const nodeFetch = require('node-fetch') as NodeFetch;
      const answer = await nodeFetch(url, { method: 'POST', headers, body, signal });
      return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
    },
  },
];
