import { allInputTokens, pieces, type Speaker, type StreamEvent, type Turn, toolCalls } from './script.ts';

/** 2026-01-01, so that the same script gives the same bytes. */
const created = 1_767_225_600;

export const openaiChat: Speaker = {
  api: 'openai-chat',
  responseId: (turn) => `chatcmpl-scripted-${turn.number}`,
  error: (error) => ({ error: { message: error.message, type: error.type, param: null, code: error.type } }),

  whole: (turn) => ({
    ...head(turn, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: turn.script.text ?? null,
          ...(turn.script.thinking === undefined ? {} : { reasoning_content: turn.script.thinking }),
          ...(toolCalls(turn).length === 0 ? {} : { tool_calls: toolCalls(turn).map(wholeTool) }),
        },
        finish_reason: finishReason(turn),
      },
    ],
    usage: usage(turn),
  }),

  stream: (turn) => {
    const options = turn.request['stream_options'] as { include_usage?: boolean } | undefined;
    const tail = options?.include_usage === true ? [chunkOf(turn, [], usage(turn))] : [];
    return [
      delta(turn, { role: 'assistant', content: '' }),
      ...pieces(turn.script.thinking, turn.script).map((piece) => delta(turn, { reasoning_content: piece })),
      ...pieces(turn.script.text, turn.script).map((piece) => delta(turn, { content: piece })),
      ...toolCalls(turn).flatMap((call, index) => [
        delta(turn, {
          tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }],
        }),
        ...pieces(call.json, turn.script).map((piece) =>
          delta(turn, { tool_calls: [{ index, function: { arguments: piece } }] }),
        ),
      ]),
      chunkOf(turn, [{ index: 0, delta: {}, finish_reason: finishReason(turn) }]),
      ...tail,
      { data: '[DONE]' },
    ];
  },
};

function head(turn: Turn, object: string): object {
  return { id: openaiChat.responseId(turn), object, created, model: turn.model, service_tier: 'default' };
}

function delta(turn: Turn, body: object): StreamEvent {
  return chunkOf(turn, [{ index: 0, delta: body, finish_reason: null }]);
}

function chunkOf(turn: Turn, choices: readonly object[], used?: object): StreamEvent {
  const asked = (turn.request['stream_options'] as { include_usage?: boolean } | undefined)?.include_usage === true;
  return { data: { ...head(turn, 'chat.completion.chunk'), choices, ...(asked ? { usage: used ?? null } : {}) } };
}

function wholeTool(call: { id: string; name: string; json: string }): object {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: call.json } };
}

function finishReason(turn: Turn): string {
  return toolCalls(turn).length > 0 ? 'tool_calls' : 'stop';
}

function usage({ usage }: Turn): object {
  return {
    prompt_tokens: allInputTokens(usage),
    completion_tokens: usage.outputTokens,
    total_tokens: allInputTokens(usage) + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      ...(usage.cacheWrite5mTokens === 0 ? {} : { cache_write_tokens: usage.cacheWrite5mTokens }),
    },
    ...(usage.thinkingTokens === null ? {} : { completion_tokens_details: { reasoning_tokens: usage.thinkingTokens } }),
  };
}
