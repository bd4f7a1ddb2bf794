import { allInputTokens, pieces, type Speaker, type StreamEvent, type Turn, toolCalls } from './script.ts';

export const gemini: Speaker = {
  api: 'gemini-generate',
  responseId: (turn) => `scripted-${turn.number}`,
  error: (error) => ({ error: { code: error.status, message: error.message, status: error.type } }),

  whole: (turn) =>
    chunk(
      turn,
      [
        ...(turn.script.thinking === undefined ? [] : [{ text: turn.script.thinking, thought: true }]),
        ...(turn.script.text === undefined ? [] : [{ text: turn.script.text }]),
        ...tools(turn),
      ],
      true,
    ).data,

  stream: (turn) => {
    const parts: object[] = [
      ...pieces(turn.script.thinking, turn.script).map((text) => ({ text, thought: true })),
      ...pieces(turn.script.text, turn.script).map((text) => ({ text })),
      ...tools(turn),
    ];
    if (parts.length === 0) parts.push({ text: '' });
    return parts.map((part, index) => chunk(turn, [part], index === parts.length - 1));
  },
};

function chunk(turn: Turn, parts: readonly object[], isLast: boolean): StreamEvent {
  const content = { parts, role: 'model' };
  return {
    data: {
      candidates: [{ content, index: 0, ...(isLast ? { finishReason: 'STOP' } : {}) }],
      usageMetadata: isLast
        ? usage(turn)
        : { promptTokenCount: allInputTokens(turn.usage), totalTokenCount: allInputTokens(turn.usage) },
      modelVersion: turn.model,
      responseId: gemini.responseId(turn),
    },
  };
}

function tools(turn: Turn): readonly object[] {
  return toolCalls(turn).map(({ name, json }) => ({ functionCall: { name, args: JSON.parse(json) as unknown } }));
}

function usage({ usage }: Turn): object {
  const { outputTokens, thinkingTokens, cacheReadTokens } = usage;
  return {
    promptTokenCount: allInputTokens(usage),
    candidatesTokenCount: outputTokens - (thinkingTokens ?? 0),
    totalTokenCount: allInputTokens(usage) + outputTokens,
    ...(cacheReadTokens === 0 ? {} : { cachedContentTokenCount: cacheReadTokens }),
    ...(thinkingTokens === null || thinkingTokens === 0 ? {} : { thoughtsTokenCount: thinkingTokens }),
  };
}
