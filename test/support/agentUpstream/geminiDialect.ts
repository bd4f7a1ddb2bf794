import { type AnswerInput, type Dialect, field } from './dialect.ts';

const callPath = /^\/v1beta\/models\/([^/:]+):(generateContent|streamGenerateContent)$/;

/** Gemini's API: model and streaming stand in the path, and every chunk has the counts so far. Thoughts are beside the candidates. */
export const geminiDialect: Dialect = {
  api: 'gemini-generate',
  match(method, path) {
    const found = method === 'POST' ? callPath.exec(path) : null;
    return found === null ? null : { model: found[1] ?? '', stream: found[2] === 'streamGenerateContent' };
  },
  pieces: (input) =>
    input.stream ? chunks(input).map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`) : [whole(input)],
  usage: (number, thinks) => ({
    inputTokens: 3000 + number,
    cacheReadTokens: 40_000 + number,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: 150 + number + (thinks ? 900 + number : 0),
    thinkingTokens: thinks ? 900 + number : 0,
  }),
  refusal: (status) =>
    JSON.stringify({
      error: {
        code: status,
        message: 'A made-up refusal.',
        status: status === 429 ? 'RESOURCE_EXHAUSTED' : 'UNAVAILABLE',
      },
    }),
};

function chunk(input: AnswerInput, parts: readonly object[], finished: boolean): Record<string, unknown> {
  const { usage, model, responseId } = input;
  const prompt = usage.inputTokens + usage.cacheReadTokens;
  const candidates = finished ? usage.outputTokens - usage.thinkingTokens : 1;
  return {
    candidates: [{ content: { role: 'model', parts }, index: 0, ...(finished ? { finishReason: 'STOP' } : {}) }],
    usageMetadata: {
      promptTokenCount: prompt,
      cachedContentTokenCount: usage.cacheReadTokens,
      candidatesTokenCount: candidates,
      thoughtsTokenCount: usage.thinkingTokens,
      totalTokenCount: prompt + candidates + usage.thinkingTokens,
    },
    modelVersion: model,
    responseId,
  };
}

function answerParts({ answer }: AnswerInput): readonly object[] {
  return answer.kind === 'tool'
    ? [{ functionCall: { name: answer.name, args: answer.input } }]
    : [...(answer.thinking ?? []).map((text) => ({ text, thought: true })), { text: answer.text }];
}

function chunks(input: AnswerInput): readonly object[] {
  return [...answerParts(input).map((part) => chunk(input, [part], false)), chunk(input, [{ text: '' }], true)];
}

function whole(input: AnswerInput): string {
  return JSON.stringify(chunk(input, answerParts(input), true));
}

/** Whether a call wants a choice between models as JSON, which Gemini CLI asks a small model for before the prompt itself. */
export function isRoutingCall(body: unknown): boolean {
  return field(field(body, 'generationConfig'), 'responseMimeType') === 'application/json';
}
