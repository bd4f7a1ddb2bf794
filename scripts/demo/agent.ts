import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { callControl } from '../../src/protocol/controlClient.ts';
import { readMeterLock } from '../../src/protocol/meterLock.ts';

/**
 * A small agent for the demo: it calls models through the gateway with the official SDKs, several at once, until it has made
 * its rounds or is asked to end. It finds the gateway in the environment of a terminal, or in a data folder:
 *
 *   node scripts/demo/agent.ts [--data-dir DIR] [--rounds 60]
 */
const { values } = parseArgs({
  options: { 'data-dir': { type: 'string' }, rounds: { type: 'string', default: '60' } },
});
const rounds = Math.min(1_000, Math.max(1, Number.parseInt(values.rounds, 10) || 1));
const ending = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => ending.abort());

interface BaseUrls {
  readonly anthropic: string;
  readonly openai: string;
  readonly gemini: string;
}

interface Worker {
  readonly session: string;
  /** Between two calls of this worker, as a person or a tool takes its time. */
  readonly pauseMs: number;
  /** One call; it resolves when the whole answer has come. */
  call(): Promise<void>;
}

const baseUrls = await findBaseUrls();
if (baseUrls === null) {
  console.error('The demo agent found no gateway: run it in a terminal of VS Code with Outlay, or name --data-dir.');
  process.exit(1);
}
await Promise.all(workersFor(baseUrls).map(work));

async function findBaseUrls(): Promise<BaseUrls | null> {
  const dataDir = values['data-dir'];
  if (dataDir !== undefined) {
    const lock = await readMeterLock(dataDir);
    if (lock === null) return null;
    const { baseUrls } = await callControl(lock, 'status', {});
    return pick(baseUrls['anthropic'], baseUrls['openai'], baseUrls['gemini']);
  }
  const anthropic = process.env['ANTHROPIC_BASE_URL'];
  // A terminal's variables name one gateway; the other routes are its neighbours.
  const route = (name: string): string | undefined => anthropic?.replace(/\/anthropic\/?$/, `/${name}`);
  return pick(anthropic, process.env['OPENAI_BASE_URL'] ?? route('openai/v1'), route('gemini'));
}

function pick(anthropic?: string, openai?: string, gemini?: string): BaseUrls | null {
  return anthropic === undefined || openai === undefined || gemini === undefined ? null : { anthropic, openai, gemini };
}

function workersFor({ anthropic, openai, gemini }: BaseUrls): readonly Worker[] {
  // Made up, in the form that tells the gateway that calls are billed to a key.
  const apiKeys = { anthropic: 'sk-ant-api03-demo-not-a-key', openai: 'sk-demo-not-a-key', gemini: 'demo-not-a-key' };
  const { signal } = ending;
  const headers = (session: string): Record<string, string> => ({ 'x-session-id': session });
  const claude = (session: string): Anthropic =>
    new Anthropic({ apiKey: apiKeys.anthropic, baseURL: anthropic, defaultHeaders: headers(session) });
  const gpt = (session: string): OpenAI =>
    new OpenAI({ apiKey: apiKeys.openai, baseURL: openai, defaultHeaders: headers(session) });

  const claudeWorker = (session: string, model: string, pauseMs: number): Worker => {
    const client = claude(session);
    const body = { model, max_tokens: 8_000, messages: [{ role: 'user' as const, content: `Go on with ${session}.` }] };
    return { session, pauseMs, call: () => drain(client.messages.create({ ...body, stream: true }, { signal })) };
  };
  return [
    claudeWorker('fix-login', 'claude-opus-5-5', 2_500),
    claudeWorker('write-docs', 'claude-sonnet-5-5', 6_000),
    claudeWorker('write-docs', 'claude-haiku-4-5', 11_000),
    {
      session: 'refactor-store',
      pauseMs: 4_000,
      call: () =>
        drain(
          gpt('refactor-store').responses.create(
            { model: 'gpt-5.4', input: 'Split the store.', stream: true },
            { signal },
          ),
        ),
    },
    {
      session: 'name-commits',
      pauseMs: 9_000,
      call: () => {
        const messages = [{ role: 'user' as const, content: 'Name this commit.' }];
        return drain(
          gpt('name-commits').chat.completions.create({ model: 'gpt-5.4-mini', messages, stream: true }, { signal }),
        );
      },
    },
    {
      session: 'read-logs',
      pauseMs: 5_000,
      call: () => {
        const client = new GoogleGenAI({
          apiKey: apiKeys.gemini,
          httpOptions: { baseUrl: gemini, headers: headers('read-logs') },
        });
        const config = { abortSignal: signal };
        return drain(
          client.models.generateContentStream({ model: 'gemini-2.5-pro', contents: 'Read these logs.', config }),
        );
      },
    },
  ];
}

async function work(worker: Worker): Promise<void> {
  for (let round = 0; round < rounds && !ending.signal.aborted; round++) {
    try {
      await worker.call();
    } catch (error) {
      // The script plays overloads and cut streams on purpose; a person would try again too.
      if (!ending.signal.aborted) console.log(`${worker.session}: ${error instanceof Error ? error.message : error}`);
    }
    await delay(worker.pauseMs, undefined, { signal: ending.signal }).catch(() => undefined);
  }
}

async function drain(stream: Promise<AsyncIterable<unknown>> | PromiseLike<AsyncIterable<unknown>>): Promise<void> {
  for await (const event of await stream) if (event === undefined) return;
}
