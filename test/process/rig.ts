import { afterEach } from 'vitest';
import { anthropicEvents, anthropicModel } from '../support/anthropicStream.ts';
import { type MeterProcess, newDataDir, type StartOptions, startMeterProcess } from '../support/meterProcess.ts';
import { type PaceableUpstream, startPaceableUpstream } from '../support/paceableUpstream.ts';

const stops: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Runs when the test is over, the last one first. */
export function cleanUp(stop: () => Promise<unknown> | unknown): void {
  stops.push(stop);
}

/** A folder of books for one test. */
export function dataDir(): string {
  const folder = newDataDir();
  cleanUp(() => folder.dispose());
  return folder.path;
}

/** A meter for one test, killed at its end. */
export async function meter(options: StartOptions): Promise<MeterProcess> {
  const started = await startMeterProcess(options);
  cleanUp(() => started.kill());
  return started;
}

/** Answers every call with the small stream; what follows its first four events waits for `hold`. */
export async function smallUpstream(hold: Promise<void> = Promise.resolve()): Promise<PaceableUpstream> {
  const started = await startPaceableUpstream((_request, response) => {
    const events = anthropicEvents();
    response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': 'req_made_up' });
    response.write(events.slice(0, 4).join(''));
    void hold.then(() => response.end(events.slice(4).join('')));
  });
  cleanUp(() => started.close());
  return started;
}

export function callClaude(base: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${base}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'sk-ant-api03-made-up', ...headers },
    body: JSON.stringify({
      model: anthropicModel,
      stream: true,
      messages: [{ role: 'user', content: 'a made-up prompt' }],
    }),
  });
}
