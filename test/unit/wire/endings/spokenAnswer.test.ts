import { describe, expect, it } from 'vitest';
import type { ApiKind } from '../../../../src/domain/api.ts';
import { spokenAnswer } from '../../../../src/wire/endings/spokenAnswer.ts';
import { readEvents, sentence } from './endStream.ts';

const { message } = sentence;

function whole(api: ApiKind): unknown {
  const answer = spokenAnswer(api, sentence, false);
  expect(answer?.contentType).toBe('application/json');
  return JSON.parse(answer?.body ?? 'null');
}

function streamed(api: ApiKind) {
  const answer = spokenAnswer(api, sentence, true);
  expect(answer?.contentType).toBe('text/event-stream; charset=utf-8');
  return readEvents(answer?.body ?? '').map(({ data }) => data);
}

const anthropic = {
  id: 'msg_outlay',
  type: 'message',
  role: 'assistant',
  model: 'asked-model',
  content: [{ type: 'text', text: message }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 },
};
const chat = {
  id: 'chatcmpl_outlay',
  object: 'chat.completion',
  created: 0,
  model: 'asked-model',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: message, refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
};
const responses = {
  id: 'resp_outlay',
  object: 'response',
  created_at: 0,
  model: 'asked-model',
  status: 'completed',
  instructions: null,
  metadata: {},
  parallel_tool_calls: true,
  tool_choice: 'auto',
  tools: [],
  output: [
    {
      id: 'msg_outlay',
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: message, annotations: [], logprobs: [] }],
    },
  ],
  incomplete_details: null,
  error: null,
  usage: {
    input_tokens: 0,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 0,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 0,
  },
};
const gemini = {
  candidates: [{ content: { parts: [{ text: message }], role: 'model' }, finishReason: 'STOP', index: 0 }],
  usageMetadata: { promptTokenCount: 0, candidatesTokenCount: 0, totalTokenCount: 0 },
  modelVersion: 'asked-model',
  responseId: 'response_outlay',
};
const ollama = {
  model: 'asked-model',
  created_at: '1970-01-01T00:00:00.000Z',
  message: { role: 'assistant', content: message },
  response: message,
  done: true,
  done_reason: 'stop',
};

describe('an answer that Outlay speaks', () => {
  it.each<[ApiKind, object]>([
    ['anthropic-messages', anthropic],
    ['openai-chat', chat],
    ['openai-responses', responses],
    ['gemini-generate', gemini],
    ['ollama-native', ollama],
  ])('is a whole one of %s that used nothing', (api, expected) => {
    expect(whole(api)).toEqual(expected);
  });

  it('is a stream that ends as a whole answer does', () => {
    expect(streamed('anthropic-messages').slice(-2)).toEqual([
      { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 0 } },
      { type: 'message_stop' },
    ]);
    expect(streamed('openai-chat').slice(-2)).toMatchObject([{ choices: [{ finish_reason: 'stop' }] }, '[DONE]']);
    expect(streamed('openai-responses').at(-1)).toMatchObject({ type: 'response.completed', response: responses });
    expect(streamed('gemini-generate')).toEqual([gemini]);
  });

  it("is a line in Ollama's own streams", () => {
    const answer = spokenAnswer('ollama-native', sentence, true);
    expect(answer?.contentType).toBe('application/x-ndjson');
    expect(answer?.body).toBe(`${JSON.stringify(ollama)}\n`);
  });

  it.each<ApiKind>(['bedrock-converse', 'bedrock-invoke'])('is none of %s', (api) => {
    expect([spokenAnswer(api, sentence, false), spokenAnswer(api, sentence, true)]).toEqual([null, null]);
  });
});
