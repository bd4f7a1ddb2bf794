import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import type { ControlMap, ControlName, MeterLock } from '../protocol/control.ts';

export type MeterAnswer<Name extends ControlName> =
  | { readonly state: 'answered'; readonly result: ControlMap[Name]['result'] }
  /** No meter runs on this data folder, or the one that is named there is gone. */
  | { readonly state: 'no-meter' }
  | { readonly state: 'refused'; readonly sentence: string };

const timeoutMs = 30_000;

/** Asks the meter that runs on a data folder, over its control API. Never throws. */
export async function askMeter<Name extends ControlName>(
  dataDir: string,
  name: Name,
  params: ControlMap[Name]['params'],
): Promise<MeterAnswer<Name>> {
  const lock = readLock(dataDir);
  if (lock === null) return { state: 'no-meter' };
  try {
    const { status, body } = await post(lock, `/control/${name}`, JSON.stringify(params));
    if (status === 200) return { state: 'answered', result: JSON.parse(body) as ControlMap[Name]['result'] };
    return { state: 'refused', sentence: `The meter refused (${status}): ${messageIn(body)}` };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ECONNREFUSED') return { state: 'no-meter' };
    return {
      state: 'refused',
      sentence: `The meter did not answer: ${error instanceof Error ? error.message : error}.`,
    };
  }
}

function readLock(dataDir: string): Pick<MeterLock, 'port' | 'controlToken'> | null {
  try {
    const value: unknown = JSON.parse(readFileSync(join(dataDir, 'meter.json'), 'utf8'));
    if (typeof value !== 'object' || value === null) return null;
    const port: unknown = Reflect.get(value, 'port');
    const controlToken: unknown = Reflect.get(value, 'controlToken');
    return typeof port === 'number' && typeof controlToken === 'string' ? { port, controlToken } : null;
  } catch {
    return null;
  }
}

function post(
  lock: Pick<MeterLock, 'port' | 'controlToken'>,
  path: string,
  body: string,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${lock.controlToken}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const sent = request(
      { host: '127.0.0.1', port: lock.port, method: 'POST', path, headers, timeout: timeoutMs, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
        });
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('it took too long')));
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The sentence of an error answer, or its beginning where it is no JSON. */
function messageIn(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) {
      const message: unknown = Reflect.get(value, 'message') ?? Reflect.get(value, 'error');
      if (typeof message === 'string') return message;
    }
  } catch {
    // Not JSON: quoted as it is.
  }
  return body.slice(0, 200);
}
