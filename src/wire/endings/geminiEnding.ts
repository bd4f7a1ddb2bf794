import { arrayField, asObject, field, type JsonObject, nameField, objectField, textField } from '../json.ts';
import { type EndingTracker, type EndReason, madeUpId, type Sentence } from './contract.ts';

/**
 * Ends a Gemini stream: one last chunk with the sentence and a finish reason. Code Assist's streams have every chunk in a
 * `response`, and so has ours after one of them.
 */
export function createGeminiEnding(): EndingTracker {
  let usage: JsonObject | null = null;
  let model: string | null = null;
  let id: string | null = null;
  let wrapped = false;
  let seen = false;
  let ended = false;

  return {
    event(data) {
      const inner = objectField(data, 'response');
      wrapped = inner !== null;
      const chunk = inner ?? data;
      seen = true;
      if (objectField(chunk, 'error') !== null) ended = true;
      usage = objectField(chunk, 'usageMetadata') ?? usage;
      model = nameField(chunk, 'modelVersion') ?? model;
      id = nameField(chunk, 'responseId') ?? id;
      const candidates = arrayField(chunk, 'candidates');
      if (candidates.some((candidate) => textField(asObject(candidate), 'finishReason') !== null)) ended = true;
      if (field(objectField(chunk, 'promptFeedback'), 'blockReason') !== undefined) ended = true;
    },
    done() {
      ended = true;
    },
    ending(sentence, reason) {
      if (ended) return [];
      const text = seen ? `\n\n${sentence.message}` : sentence.message;
      const chunk = {
        ...geminiWhole({ message: text, model: model ?? sentence.model }, reason),
        ...(usage === null ? {} : { usageMetadata: usage }),
        ...(id === null ? {} : { responseId: id }),
      };
      return [{ data: wrapped ? { response: chunk } : chunk }];
    },
  };
}

const finishReasons: Readonly<Record<EndReason, string>> = { stopped: 'MAX_TOKENS', spoken: 'STOP' };

export function geminiWhole({ message, model }: Sentence, reason: EndReason): object {
  return {
    candidates: [
      {
        content: { parts: [{ text: message }], role: 'model' },
        finishReason: finishReasons[reason],
        index: 0,
      },
    ],
    usageMetadata: { promptTokenCount: 0, candidatesTokenCount: 0, totalTokenCount: 0 },
    modelVersion: model,
    responseId: madeUpId('response'),
  };
}
