import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/domain/call.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import type { CallHead } from '../../../src/gateway/contract.ts';
import { ObserveDesk } from '../../../src/meter/observe/observeDesk.ts';
import type { PriceQuery } from '../../../src/pricing/contract.ts';
import { createCalibrator } from '../../../src/tokens/calibrator.ts';
import { createO200kTokenizer } from '../../../src/tokens/o200kTokenizer.ts';
import { createRequestReader } from '../../../src/wire/requestReader.ts';
import { createResponseReader } from '../../../src/wire/responseReader.ts';
import { invokeChunk } from '../wire/awsMessages.ts';

const head: CallHead = {
  id: 'call-1',
  startedAtMs: 0,
  workspaceId: 'w',
  taskId: null,
  isWatched: false,
  routeId: 'bedrock',
  provider: 'aws',
  api: 'bedrock-invoke',
  pathModel: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  pathStream: true,
  auth: 'key',
  agent: 'claude-code',
  session: 's',
  subAgent: null,
  requestEncoding: null,
};

/** Books one call and tells what was asked of the pricer last. */
async function book(call: CallHead, response: Buffer, contentType: string): Promise<[CallRecord, PriceQuery]> {
  const queries: PriceQuery[] = [];
  const record = await new Promise<CallRecord>((resolve) => {
    const desk = new ObserveDesk({
      clock: systemClock,
      send: (message) => {
        if (message.type === 'record' && message.stage === 'finish') resolve(message.record);
      },
      tokenizer: createO200kTokenizer(),
      calibrator: createCalibrator(),
      createPricer: () => ({
        bookVersion: 'none',
        price(query) {
          queries.push(query);
          return { costNanoUsd: null, provenance: 'unpriced', split: null, rates: [], priceVersion: null };
        },
      }),
      parseOverrides: () => ({ overrides: [], problems: [] }),
      createRequestReader,
      createResponseReader,
    });
    const { id } = call;
    const answer = { httpStatus: 200, contentType, contentEncoding: null, requestId: null, quota: [] };
    desk.receive({
      type: 'items',
      items: [
        { kind: 'begin', head: call },
        { kind: 'requestBytes', id, bytes: Buffer.from('{"max_tokens":5,"messages":[]}') },
        { kind: 'requestEnd', id },
        { kind: 'responseHead', id, head: answer },
        { kind: 'responseBytes', id, bytes: response, atMs: 1 },
        { kind: 'end', id, end: 'complete', atMs: 2 },
      ],
    });
  });
  const last = queries.at(-1);
  if (last === undefined) throw new Error('Nothing was priced.');
  return [record, last];
}

const message = { type: 'message', model: 'claude-sonnet-4-5-20250929', usage: { input_tokens: 1, output_tokens: 2 } };

describe('a call is priced by', () => {
  it('the model of its path where that names region and seller, and not by the one in the answer', async () => {
    const stream = Buffer.concat([
      invokeChunk({ type: 'message_start', message }),
      invokeChunk({ type: 'message_stop' }),
    ]);
    const [record, query] = await book(head, stream, 'application/vnd.amazon.eventstream');
    expect(record).toMatchObject({ status: 'ok', model: head.pathModel, provenance: 'reported', problems: [] });
    expect(query.model).toBe(head.pathModel);
    const profile = 'arn:aws:bedrock:us-east-1:1:application-inference-profile/abc';
    const [own] = await book({ ...head, pathModel: profile }, stream, 'application/vnd.amazon.eventstream');
    expect(own).toMatchObject({ model: message.model, requestedModel: profile });
  });

  it('the place in its path, unless the answer names one', async () => {
    const vertex: CallHead = { ...head, provider: 'google-vertex', api: 'anthropic-messages', region: 'us-east5' };
    const inferenceGeo = async (call: CallHead, usage: object) => {
      const body = Buffer.from(JSON.stringify({ ...message, usage: { ...message.usage, ...usage } }));
      return (await book(call, body, 'application/json'))[1].inferenceGeo;
    };
    expect(await inferenceGeo(vertex, {})).toBe('us-east5');
    expect(await inferenceGeo(vertex, { inference_geo: 'global' })).toBe('global');
    expect(await inferenceGeo(vertex, { inference_geo: 'not_available' })).toBe('us-east5');
    expect(await inferenceGeo({ ...head, api: 'anthropic-messages' }, {})).toBeNull();
  });
});
