import { Agent, createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiKind } from '../../src/domain/api.ts';
import type { CallRecord } from '../../src/domain/call.ts';
import { systemClock } from '../../src/domain/clock.ts';
import { totalUsage } from '../../src/domain/usage.ts';
import type { CallTap } from '../../src/gateway/contract.ts';
import { createGateway, type Gateway } from '../../src/gateway/createGateway.ts';
import { createRoutes } from '../../src/gateway/routes.ts';
import { upstreamTable } from '../../src/gateway/upstreams.ts';
import type { ObservedItem } from '../../src/meter/observe/messages.ts';
import { ObserveDesk } from '../../src/meter/observe/observeDesk.ts';
import { createPricer } from '../../src/pricing/createPricer.ts';
import { parseOverrides } from '../../src/pricing/overrides.ts';
import { loadPriceBook } from '../../src/pricing/priceBook.ts';
import { newCallId } from '../../src/protocol/newCallId.ts';
import { createCalibrator } from '../../src/tokens/calibrator.ts';
import { createO200kTokenizer } from '../../src/tokens/o200kTokenizer.ts';
import { createRequestReader } from '../../src/wire/requestReader.ts';
import { createResponseReader } from '../../src/wire/responseReader.ts';
import { isEventStream, type Recording, recordingBytes } from '../unit/wire/recordingRow.ts';
import { recordings } from '../unit/wire/recordings.ts';

/** Of larger recordings every byte is a border too, but a kilobyte apart, since one request a byte would be quadratic. */
const CUT_IN_TWO_UP_TO = 5_000;
const TOOTH_BYTES = 1_024;
const AT_ONCE = 16;

/** Recordings of providers beyond the first four are cut in fewer calls; every byte is a border all the same. */
const TOOTH_BYTES_OF_OTHERS = 128;

const paths: Readonly<Record<ApiKind, string>> = {
  'anthropic-messages': 'v1/messages',
  'openai-chat': 'v1/chat/completions',
  'openai-responses': 'v1/responses',
  'gemini-generate': 'v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse',
  'bedrock-converse': 'us-east-1/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse',
  'bedrock-invoke': 'us-east-1/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke-with-response-stream',
  'ollama-native': 'api/chat',
};

/** Routes by the folder of a recording, and below "others" by the beginning of its name. */
const routeOfFolder: Readonly<Record<string, string>> = {
  anthropic: 'anthropic',
  openai: 'openai',
  google: 'gemini',
  openrouter: 'openrouter',
  bedrock: 'bedrock',
  deepseek: 'deepseek',
  groq: 'groq',
  mistral: 'mistral',
  zai: 'zai',
};

/** Null for a provider that has no route of its own (Cerebras). */
function routeOf({ file }: Recording): string | null {
  return routeOfFolder[file.replace(/^others\//, '').split(/[/_]/)[0] ?? ''] ?? null;
}

const isOfTheFirstFour = ({ file }: Recording) => /^(?:anthropic|openai|google)\//.test(file);

const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
const finished = new Map<string, (record: CallRecord) => void>();
let upstream: Server;
let gateway: Gateway;
let base: string;
let bytesOf: ReadonlyMap<string, Buffer>;

/** The upstream answers with the recording that the request names, cut where the request says. */
function startUpstream(): Promise<Server> {
  const server = createServer((request, response) => {
    const [file = '', ...cuts] = String(request.headers['x-recording']).split('|');
    const bytes = bytesOf.get(file) ?? Buffer.alloc(0);
    const status = Number(request.headers['x-status']);
    request.resume().on('end', () => {
      response.writeHead(status, { 'content-type': file.endsWith('.sse') ? 'text/event-stream' : 'application/json' });
      const borders = [...cuts.map(Number), bytes.length];
      let from = 0;
      const next = (): void => {
        const to = borders.shift();
        if (to === undefined) {
          response.end();
          return;
        }
        response.write(bytes.subarray(from, to));
        from = to;
        setImmediate(next);
      };
      next();
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

async function startDesk(): Promise<ObserveDesk> {
  const book = await loadPriceBook();
  return new ObserveDesk({
    clock: systemClock,
    send: (message) => {
      if (message.type === 'record' && message.stage === 'finish')
        finished.get(message.record.session)?.(message.record);
    },
    tokenizer: createO200kTokenizer(),
    calibrator: createCalibrator(),
    createPricer: (overrides) => createPricer({ book, overrides }),
    parseOverrides,
    createRequestReader,
    createResponseReader,
  });
}

function tapInto(desk: ObserveDesk, id: string): CallTap {
  const give = (item: ObservedItem): void => desk.receive({ type: 'items', items: [item] });
  return {
    requestBytes: (bytes) => give({ kind: 'requestBytes', id, bytes: new Uint8Array(bytes) }),
    requestEnd: () => give({ kind: 'requestEnd', id }),
    responseHead: (head) => give({ kind: 'responseHead', id, head }),
    responseBytes: (bytes) => give({ kind: 'responseBytes', id, bytes: new Uint8Array(bytes), atMs: 0 }),
    end: (end, atMs) => give({ kind: 'end', id, end, atMs }),
  };
}

beforeAll(async () => {
  bytesOf = new Map(recordings.map((recording) => [recording.file, recordingBytes(recording)]));
  upstream = await startUpstream();
  const origin = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const { upstreams } = upstreamTable(Object.fromEntries(Object.values(routeOfFolder).map((name) => [name, origin])));
  const desk = await startDesk();
  gateway = createGateway({
    token: 'a'.repeat(43),
    routes: createRoutes(upstreams),
    observer: {
      begin: (head) => {
        desk.receive({ type: 'items', items: [{ kind: 'begin', head }] });
        return tapInto(desk, head.id);
      },
      unmetered: () => undefined,
    },
    clock: systemClock,
    log: () => undefined,
    newCallId: () => newCallId(systemClock.nowMs()),
    workspaceUpstream: () => null,
    onControl: null,
  });
  const { port } = await gateway.listen(0);
  base = `http://127.0.0.1:${port}/${'a'.repeat(43)}/w`;
});

afterAll(async () => {
  agent.destroy();
  await gateway.close({ graceMs: 0 });
  upstream.closeAllConnections();
  upstream.close();
});

interface Passed {
  readonly bytes: Buffer;
  readonly record: CallRecord;
}

let sessions = 0;

/** One call through the gateway; resolves to what the client got and what was booked. */
function pass(recording: Recording, cuts: readonly number[]): Promise<Passed> {
  const session = `s${++sessions}`;
  const booked = new Promise<CallRecord>((resolve) => {
    finished.set(session, resolve);
  });
  const received = new Promise<Buffer>((resolve, reject) => {
    const call = httpRequest(`${base}/${routeOf(recording)}/${paths[recording.api]}`, {
      method: 'POST',
      agent,
      headers: {
        'content-type': 'application/json',
        'x-session-id': session,
        'x-recording': [recording.file, ...cuts].join('|'),
        'x-status': String(recording.httpStatus),
      },
    });
    call.on('error', reject);
    call.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve(Buffer.concat(chunks)));
    });
    call.end(`{"model":"m","stream":${isEventStream(recording)},"stream_options":{"include_usage":true}}`);
  });
  return Promise.all([received, booked]).then(([bytes, record]) => {
    finished.delete(session);
    return { bytes, record };
  });
}

function cutsOf(recording: Recording, length: number): readonly (readonly number[])[] {
  if (!isOfTheFirstFour(recording)) return teeth(length, TOOTH_BYTES_OF_OTHERS);
  if (length > CUT_IN_TWO_UP_TO) return teeth(length, TOOTH_BYTES);
  return Array.from({ length: length - 1 }, (_, at) => [at + 1]);
}

/** Cuts that are `toothBytes` apart, once for each place that the first one can have. */
function teeth(length: number, toothBytes: number): readonly (readonly number[])[] {
  return Array.from({ length: Math.min(toothBytes, length - 1) }, (_, phase) =>
    Array.from({ length: Math.ceil((length - 1 - phase) / toothBytes) }, (_, tooth) => 1 + phase + tooth * toothBytes),
  );
}

async function eachAtOnce<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let item = queue.pop(); item !== undefined; item = queue.pop()) await work(item);
    }),
  );
}

const ofOurRoutes = recordings.filter((recording) => routeOf(recording) !== null);

describe.each(ofOurRoutes)('$file through the gateway', (recording) => {
  it('arrives unchanged and is booked as reported, wherever its bytes are cut', { timeout: 120_000 }, async () => {
    const whole = await pass(recording, []);
    const { facts } = recording;
    if (facts.usageState === 'final') expect(whole.record.usage).toEqual(totalUsage(facts.parts));
    const settled = ({ record }: Passed) => {
      const { status, usage, parts, cost, provenance, model, responseId, errorType } = record;
      return JSON.stringify({ status, usage, parts, cost, provenance, model, responseId, errorType });
    };
    const expected = settled(whole);
    const bytes = recordingBytes(recording);
    await eachAtOnce(cutsOf(recording, bytes.length), async (cuts) => {
      const passed = await pass(recording, cuts);
      if (!passed.bytes.equals(bytes)) expect.fail(`bytes differ when cut at ${cuts.join()}`);
      if (settled(passed) !== expected) expect.fail(`cut at ${cuts.join()}: ${settled(passed)} instead of ${expected}`);
    });
  });
});

const charged = recordings.filter(({ facts }) => facts.billedNanoUsd !== null);

describe.each(charged)('$file, which names its cost,', (recording) => {
  it('is booked at what was charged', async () => {
    const { record } = await pass(recording, []);
    expect(record.usage).toEqual(totalUsage(recording.facts.parts));
    expect(record.cost).toMatchObject({ costNanoUsd: recording.facts.billedNanoUsd, provenance: 'billed' });
    const { inputNanoUsd, cacheNanoUsd, thinkingNanoUsd, outputNanoUsd } = record.cost.split ?? {};
    const parts = [inputNanoUsd, cacheNanoUsd, thinkingNanoUsd, outputNanoUsd].map((part) => part ?? Number.NaN);
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(recording.facts.billedNanoUsd);
  });
});
