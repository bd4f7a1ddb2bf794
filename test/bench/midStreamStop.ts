import { noLimits } from '../../src/domain/budget.ts';
import { callControl } from '../../src/protocol/controlClient.ts';
import { eventually, newDataDir, startMeterProcess } from '../support/meterProcess.ts';
import { startPaceableUpstream } from '../support/paceableUpstream.ts';
import { pricedOverrides, pricedRequest, pricedStart, pricedText } from '../support/pricedStream.ts';
import type { BenchRow } from './benchSection.ts';

const streams = 12;
const limitTokens = 1200;
/** One word, which is one token, every 5 ms: 200 tokens a second. */
const wordEveryMs = 5;
const targetMs = 250;

interface Stop {
  readonly lateMs: number;
  readonly overTokens: number;
}

/** How long after the line was crossed a stream of 200 tokens a second is closed, and how many tokens came over it. */
export async function midStreamStop(): Promise<readonly BenchRow[]> {
  const stops: Stop[] = [];
  for (let round = 0; round < streams; round += 1) stops.push(await stopOne());
  const late = Math.max(...stops.map(({ lateMs }) => lateMs));
  const over = Math.max(...stops.map(({ overTokens }) => overTokens));
  const most = Math.max(100, limitTokens * 0.02);
  const sorted = stops.map(({ lateMs }) => lateMs).toSorted((a, b) => a - b);
  const note = `median ${(sorted[streams >> 1] ?? Number.NaN).toFixed(0)} ms of ${streams} streams at 200 tokens/s`;
  return [
    {
      metric: 'mid-stream stop, worst',
      value: late,
      unit: 'ms',
      target: `< ${targetMs}`,
      reached: late < targetMs,
      note,
    },
    { metric: 'tokens over, worst', value: over, unit: 'tokens', target: `<= ${most}`, reached: over <= most },
  ];
}

async function stopOne(): Promise<Stop> {
  const sentAt: number[] = [];
  let closedAt = 0;
  const upstream = await startPaceableUpstream((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(pricedStart());
    const begin = performance.now();
    const timer = setInterval(() => {
      while (sentAt.length < (performance.now() - begin) / wordEveryMs) {
        sentAt.push(performance.now());
        response.write(pricedText(' hello'));
      }
    }, wordEveryMs);
    response.once('close', () => {
      clearInterval(timer);
      closedAt = performance.now();
    });
  });
  const folder = newDataDir();
  const running = await startMeterProcess({ dataDir: folder.path, upstreams: { anthropic: upstream.origin } });
  try {
    const lock = await running.lock();
    await callControl(lock, 'configure', { metering: true, priceOverrides: pricedOverrides, retentionDays: 0 });
    const { view, baseUrls } = await callControl(lock, 'newTask', {
      ...{ title: 'Bench', workspaceId: null, folder: null, branch: null, checkCommand: null },
      ...{ limits: { ...noLimits, outputTokens: limitTokens }, mode: 'steady', countsSubscription: false },
      ...{ activate: false, by: 'bench' },
    });
    const response = await fetch(`${baseUrls['anthropic']}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'sk-ant-api03-made-up' },
      body: pricedRequest(600_000),
    });
    const text = await response.text();
    if (!text.includes(' hello')) throw new Error(`The stream was refused: ${text}`);
    const words = text.split(' hello').length - 1;
    await eventually(
      () => Promise.resolve(closedAt),
      (at) => at > 0,
    );
    const { account } = await eventually(
      () => callControl(lock, 'showTask', { id: view.task.id }),
      (details) => details.account.openHolds === 0,
    );
    // What a word counts as with the tokenizer's correction, from the books themselves.
    const tokensAWord = account.spent.outputTokens / words;
    // A stream may be stopped a few words short of the line, where no further token could be reserved.
    const lastWord = Math.min(sentAt.length, Math.ceil(limitTokens / tokensAWord));
    return {
      lateMs: closedAt - (sentAt[lastWord - 1] ?? Number.NaN),
      overTokens: account.spent.outputTokens - limitTokens,
    };
  } finally {
    await running.kill();
    await upstream.close();
    folder.dispose();
  }
}
