import { type IncomingMessage, request } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import type { Disposable } from '../domain/disposable.ts';
import type { ControlMap, ControlName, MeterLock } from './control.ts';
import type { NowSnapshot } from './snapshot.ts';

/** Where and with what a client calls: the part of the lock that it needs. */
export type ControlAddress = Pick<MeterLock, 'port' | 'controlToken'>;

/** Why a control call failed. `unreachable` is a dead or foreign port, `refused` an answer that is no success. */
export type ControlFailure = 'unreachable' | 'timeout' | 'refused' | 'unreadable';

export class ControlError extends Error {
  readonly failure: ControlFailure;

  constructor(failure: ControlFailure, message: string) {
    super(message);
    this.name = 'ControlError';
    this.failure = failure;
  }
}

const DEFAULT_TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
/** After so long a silence of the watch the meter is asked whether it still lives: nothing may have happened. */
const WATCH_SILENCE_MS = 30_000;

const headersOf = (address: ControlAddress): Record<string, string> => ({
  authorization: `Bearer ${address.controlToken}`,
});

/**
 * Calls one method of the meter's control API.
 *
 * @throws ControlError and nothing else. Its message never holds a token.
 */
export function callControl<Name extends ControlName>(
  address: ControlAddress,
  name: Name,
  params: ControlMap[Name]['params'],
  options: { readonly timeoutMs?: number } = {},
): Promise<ControlMap[Name]['result']> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const body = Buffer.from(JSON.stringify(params));
  return new Promise((resolve, reject) => {
    const call = request({
      host: '127.0.0.1',
      port: address.port,
      method: 'POST',
      path: `/control/${name}`,
      agent: false,
      headers: { ...headersOf(address), 'content-type': 'application/json', 'content-length': body.length },
    });
    // A wall-clock limit, because `timeout` of node:http only measures idleness.
    const timer = setTimeout(() => {
      fail('timeout', `The meter did not answer "${name}" within ${timeoutMs} ms.`);
    }, timeoutMs);
    const fail = (failure: ControlFailure, message: string): void => {
      clearTimeout(timer);
      reject(new ControlError(failure, message));
      call.destroy();
    };
    call.on('error', (error) => fail('unreachable', `The meter cannot be reached: ${error.message}`));
    call.on('response', (response) => {
      readBounded(response, MAX_ANSWER_BYTES).then(
        (text) => {
          clearTimeout(timer);
          const result = parseJson(text);
          if (response.statusCode !== 200) {
            return fail(
              'refused',
              errorOf(result) ?? `The meter refused "${name}" (HTTP ${response.statusCode ?? '?'}).`,
            );
          }
          if (typeof result !== 'object' || result === null) {
            return fail('unreadable', `The meter's answer to "${name}" cannot be read.`);
          }
          resolve(result as ControlMap[Name]['result']);
        },
        (error: Error) => fail('unreadable', `The meter's answer to "${name}" broke off: ${error.message}`),
      );
    });
    call.end(body);
  });
}

/**
 * Watches the meter: whole snapshots, one at once and then at most four a second. `onEnd` is called exactly once when the stream ends for any
 * reason, except that it is not called after `dispose`.
 */
export function watchSnapshots(
  address: ControlAddress,
  onSnapshot: (snapshot: NowSnapshot) => void,
  onEnd: (reason: string) => void,
): Disposable {
  let over = false;
  const call = request({
    host: '127.0.0.1',
    port: address.port,
    path: '/control/watch',
    agent: false,
    headers: { ...headersOf(address), accept: 'text/event-stream' },
  });
  const silence = setTimeout(() => {
    callControl(address, 'status', {}).then(
      () => silence.refresh(),
      () => end('the meter fell silent'),
    );
  }, WATCH_SILENCE_MS);
  silence.unref();
  const end = (reason: string): void => {
    if (over) return;
    over = true;
    clearTimeout(silence);
    call.destroy();
    onEnd(reason);
  };
  call.on('error', (error) => end(error.message));
  call.on('response', (response) => {
    if (response.statusCode !== 200) {
      response.resume();
      return end(`HTTP ${response.statusCode ?? '?'}`);
    }
    const lines = new EventLines((data) => {
      const snapshot = parseJson(data);
      if (!over && typeof snapshot === 'object' && snapshot !== null) onSnapshot(snapshot as NowSnapshot);
    });
    response.on('data', (chunk: Buffer) => {
      if (over) return;
      silence.refresh();
      if (!lines.push(chunk)) end('a snapshot was too large');
    });
    response.on('close', () => end('the meter closed the watch'));
    response.on('error', (error) => end(error.message));
  });
  call.end();
  return {
    dispose() {
      over = true;
      clearTimeout(silence);
      call.destroy();
    },
  };
}

/** The `data:` of each event of the meter's own stream, which writes one data line an event. */
class EventLines {
  readonly #onData: (data: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #parts: string[] = [];
  #length = 0;

  constructor(onData: (data: string) => void) {
    this.#onData = onData;
  }

  /** False once a line exceeds the bound. */
  push(chunk: Buffer): boolean {
    const pieces = this.#decoder.write(chunk).split('\n');
    const last = pieces.pop() ?? '';
    for (const piece of pieces) {
      const line = [...this.#parts, piece].join('');
      this.#parts = [];
      this.#length = 0;
      if (line.startsWith('data:')) this.#onData(line.slice(5));
    }
    this.#parts.push(last);
    this.#length += last.length;
    return this.#length <= MAX_ANSWER_BYTES;
  }
}

/** The sentence that the meter gave with a refusal. */
function errorOf(answer: unknown): string | null {
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return null;
  return typeof answer.error === 'string' ? answer.error : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function readBounded(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new Error('it is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
