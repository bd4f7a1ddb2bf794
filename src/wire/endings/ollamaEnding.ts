import { field, nameField, textField } from '../json.ts';
import type { EndingTracker, EndReason, Sentence } from './contract.ts';

/** Ends a stream of Ollama's own API, chat or generate: one more line, which is done. */
export function createOllamaEnding(): EndingTracker {
  let model: string | null = null;
  let isGenerate = false;
  let seen = false;
  let ended = false;
  return {
    event(data) {
      seen = true;
      model = nameField(data, 'model') ?? model;
      isGenerate = typeof field(data, 'response') === 'string';
      if (field(data, 'done') === true || textField(data, 'error') !== null) ended = true;
    },
    done() {
      ended = true;
    },
    ending(sentence, reason) {
      if (ended) return [];
      const message = seen ? `\n\n${sentence.message}` : sentence.message;
      const whole = ollamaWhole({ message, model: model ?? sentence.model }, reason);
      return [{ data: isGenerate ? { ...whole, message: undefined, response: message } : whole }];
    },
  };
}

const doneReasons: Readonly<Record<EndReason, string>> = { stopped: 'length', spoken: 'stop' };

/** The answer to /api/chat; /api/generate's clients find their text under `response`, so that both have it. */
export function ollamaWhole({ message, model }: Sentence, reason: EndReason): object {
  return {
    model,
    created_at: new Date(0).toISOString(),
    message: { role: 'assistant', content: message },
    response: message,
    done: true,
    done_reason: doneReasons[reason],
  };
}
