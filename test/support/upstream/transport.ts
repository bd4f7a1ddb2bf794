import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay, setImmediate as immediate } from 'node:timers/promises';
import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';
import type { Script } from './script.ts';

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  extra?: { readonly headers: Readonly<Record<string, string>>; readonly script: Script },
): void {
  const plain = Buffer.from(JSON.stringify(value));
  const encoding = extra?.script.encoding;
  const body = encoding === undefined ? plain : compress(plain, encoding);
  const encoded: Record<string, string> = encoding === undefined ? {} : { 'content-encoding': encoding };
  const headers = {
    'content-type': 'application/json',
    'content-length': String(body.length),
    ...encoded,
    ...extra?.headers,
  };
  response.writeHead(status, headers).end(body);
}

export function compress(body: Buffer, encoding: NonNullable<Script['encoding']>): Buffer {
  return { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync }[encoding](body);
}

export function parseBody(body: Buffer, encoding: string | undefined): Readonly<Record<string, unknown>> | null {
  const decoders = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync, zstd: zstdDecompressSync };
  try {
    const decode = decoders[encoding as keyof typeof decoders] as ((data: Buffer) => Buffer) | undefined;
    return JSON.parse((decode?.(body) ?? body).toString()) as Readonly<Record<string, unknown>> | null;
  } catch {
    return null;
  }
}

export async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Waits, but not for a client that has gone. */
export async function pause(ms: number | undefined, response: ServerResponse): Promise<void> {
  if (ms === undefined || ms <= 0 || response.destroyed) return;
  const gone = new AbortController();
  const onClose = (): void => gone.abort();
  response.once('close', onClose);
  await delay(ms, undefined, { signal: gone.signal }).catch(() => undefined);
  response.off('close', onClose);
}

/** Breaks the connection off, after what was written in this tick has left: Node holds it back until the tick ends. */
export async function cutOff(response: ServerResponse): Promise<void> {
  await immediate();
  response.destroy();
}

export function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
