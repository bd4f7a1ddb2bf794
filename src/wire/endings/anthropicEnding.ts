import { field, type JsonObject, nameField, objectField, textField } from '../json.ts';
import {
  type EndingEvent,
  type EndingTracker,
  type EndReason,
  madeUpId,
  outputTokens,
  type Sentence,
} from './contract.ts';

/** Anthropic has one block open at a time; more would be somebody's mistake. */
const maxOpenBlocks = 64;

/** Blocks that must not be closed half: a client acts on a tool call, and sends thinking back. */
const wholeBlocks: ReadonlySet<string> = new Set(['tool_use', 'server_tool_use', 'mcp_tool_use', 'thinking']);

/**
 * Ends a Messages stream: what is open is closed, a text block says the sentence, and the message ends for having reached its maximum
 * of tokens. Claude Code then asks once more, to go on, and shows the refusal of that; programs see that the answer is cut. (After
 * `end_turn` it would end with success as if the answer were whole.)
 *
 * Half a tool call is never closed, since a client that mends the JSON would act on it, nor thinking that is not signed yet, since
 * Claude Code sends it back with its empty signature, which the provider refuses from then on. The stream ends with an error event
 * instead: Claude Code shows it at once, or asks the same once more after mere thinking.
 */
export function createAnthropicEnding(): EndingTracker {
  const open = new Map<number, string>();
  let nextIndex = 0;
  let started = false;
  let ended = false;
  let reported = 0;
  let streamedBytes = 0;

  function readUsage(usage: JsonObject | null): void {
    const output = field(usage, 'output_tokens');
    if (typeof output === 'number' && Number.isSafeInteger(output)) reported = Math.max(reported, output);
  }

  return {
    event(data) {
      const index = field(data, 'index');
      switch (nameField(data, 'type')) {
        case 'message_start':
          started = true;
          readUsage(objectField(objectField(data, 'message'), 'usage'));
          return;
        case 'content_block_start':
          if (typeof index !== 'number' || !Number.isSafeInteger(index)) return;
          if (open.size < maxOpenBlocks) open.set(index, nameField(objectField(data, 'content_block'), 'type') ?? '');
          nextIndex = Math.max(nextIndex, index + 1);
          return;
        case 'content_block_delta': {
          const delta = objectField(data, 'delta');
          const isSigned = nameField(delta, 'type') === 'signature_delta';
          if (isSigned && typeof index === 'number' && open.has(index)) open.set(index, 'signed');
          for (const name of ['text', 'thinking', 'partial_json']) streamedBytes += textField(delta, name)?.length ?? 0;
          return;
        }
        case 'content_block_stop':
          if (typeof index === 'number') open.delete(index);
          return;
        case 'message_delta':
          readUsage(objectField(data, 'usage'));
          return;
        case 'message_stop':
        case 'error':
          ended = true;
      }
    },
    done() {
      ended = true;
    },
    ending(sentence, reason) {
      if (ended) return [];
      if ([...open.values()].some((type) => wholeBlocks.has(type))) {
        return [named('error', { error: { type: 'billing_error', message: sentence.message } })];
      }
      const usage = { output_tokens: outputTokens(reported, streamedBytes) };
      const head = started ? [] : [named('message_start', { message: anthropicMessage(sentence, []) })];
      const closed = [...open.keys()].map((index) => named('content_block_stop', { index }));
      const delta = { stop_reason: stopReasons[reason], stop_sequence: null };
      return [
        ...head,
        ...closed,
        ...textBlock(nextIndex, sentence.message),
        named('message_delta', { delta, usage }),
        named('message_stop', {}),
      ];
    },
  };
}

/** A whole message of ours. */
export function anthropicWhole(sentence: Sentence): object {
  return {
    ...anthropicMessage(sentence, [{ type: 'text', text: sentence.message }]),
    stop_reason: stopReasons.spoken,
  };
}

function anthropicMessage({ model }: Sentence, content: readonly object[]): object {
  return {
    id: madeUpId('msg'),
    type: 'message',
    role: 'assistant',
    model,
    content,
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 },
  };
}

function textBlock(index: number, text: string): readonly EndingEvent[] {
  return [
    named('content_block_start', { index, content_block: { type: 'text', text: '' } }),
    named('content_block_delta', { index, delta: { type: 'text_delta', text } }),
    named('content_block_stop', { index }),
  ];
}

const stopReasons: Readonly<Record<EndReason, string>> = { stopped: 'max_tokens', spoken: 'end_turn' };

function named(type: string, fields: object): EndingEvent {
  return { name: type, data: { type, ...fields } };
}
