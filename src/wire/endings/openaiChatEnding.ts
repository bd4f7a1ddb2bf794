import { arrayField, asObject, field, nameField, objectField, textField } from '../json.ts';
import { type EndingEvent, type EndingTracker, type EndReason, madeUpId, type Sentence } from './contract.ts';

/** Choices that were asked for with `n`; nobody asks for more than this. */
const maxChoices = 128;

const finishReasons: Readonly<Record<EndReason, string>> = { stopped: 'length', spoken: 'stop' };

/**
 * Ends a Chat Completions stream: the sentence as a last piece of text, a finish reason for every choice that has none, `[DONE]`.
 *
 * Where a tool call is on its way, nobody can say whether it is whole, and clients mend half a JSON to act on it: the stream ends
 * with an error instead, in the shape that OpenAI's SDK raises.
 */
export function createOpenaiChatEnding(): EndingTracker {
  const open = new Set<number>();
  let id: string | null = null;
  let model: string | null = null;
  let created = 0;
  let seen = false;
  let ended = false;
  const finished = new Set<number>();
  let callsTool = false;

  return {
    event(data) {
      if (objectField(data, 'error') !== null) ended = true;
      id ??= nameField(data, 'id');
      model ??= nameField(data, 'model');
      const at = field(data, 'created');
      if (typeof at === 'number') created = at;
      for (const entry of arrayField(data, 'choices')) {
        const choice = asObject(entry);
        const index = field(choice, 'index');
        const place = typeof index === 'number' ? index : 0;
        seen = true;
        const delta = objectField(choice, 'delta');
        if (arrayField(delta, 'tool_calls').length > 0 || objectField(delta, 'function_call') !== null)
          callsTool = true;
        if (textField(choice, 'finish_reason') !== null) {
          open.delete(place);
          if (finished.size < maxChoices) finished.add(place);
        } else if (open.size < maxChoices && !finished.has(place)) open.add(place);
      }
    },
    done() {
      ended = true;
    },
    ending(sentence, reason) {
      if (ended) return [];
      const chunk = (choices: readonly object[]): EndingEvent => ({
        data: {
          id: id ?? madeUpId('chatcmpl'),
          object: 'chat.completion.chunk',
          created,
          model: model ?? sentence.model,
          choices,
        },
      });
      const done: EndingEvent = { data: '[DONE]' };
      if (seen && open.size === 0) return [done];
      if (callsTool) {
        const error = { message: sentence.message, type: 'billing_error', param: null, code: 402 };
        return [{ data: { error } }, done];
      }
      const choices = seen ? [...open] : [0];
      const finish_reason = finishReasons[reason];
      return [
        ...choices.map((index) =>
          chunk([{ index, delta: { ...role(seen), content: said(sentence, seen) }, finish_reason: null }]),
        ),
        ...choices.map((index) => chunk([{ index, delta: {}, finish_reason }])),
        done,
      ];
    },
  };
}

export function openaiChatWhole({ message, model }: Sentence): object {
  return {
    id: madeUpId('chatcmpl'),
    object: 'chat.completion',
    created: 0,
    model,
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
}

function role(seen: boolean): object {
  return seen ? {} : { role: 'assistant' };
}

/** After text of the model the sentence stands in a paragraph of its own. */
function said({ message }: Sentence, seen: boolean): string {
  return seen ? `\n\n${message}` : message;
}
