import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiKinds } from '../../../src/domain/api.ts';
import { cutAt, eventStream, type ReadResponse, readResponse } from './readResponse.ts';

const apis = apiKinds;
const outcome = ({ facts, visible, thinking, toolArguments, problems }: ReadResponse) =>
  JSON.stringify({ facts, visible, thinking, toolArguments, problems });

describe('whatever the bytes', () => {
  const anyApi = fc.constantFrom(...apis);
  const anyType = fc.constantFrom(null, 'text/event-stream', 'application/json', 'text/html');
  const anyEncoding = fc.constantFrom(null, 'gzip', 'deflate', 'br', 'zstd', 'gzip, br');

  it('nothing throws, and no count is ever anything but a whole number or unknown', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyApi,
        anyType,
        anyEncoding,
        fc.array(fc.uint8Array()),
        async (api, contentType, contentEncoding, chunks) => {
          const read = await readResponse({ api, contentType, contentEncoding }, chunks);
          expect(read.facts.parts).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  /** JSON in which the names that decoders look for turn up in all the wrong places and types. */
  const names = fc.constantFrom(
    ...[
      'type',
      'message',
      'usage',
      'content',
      'choices',
      'delta',
      'index',
      'id',
      'model',
      'error',
      'response',
      'output',
      'item',
    ],
    ...[
      'input_tokens',
      'output_tokens',
      'prompt_tokens',
      'completion_tokens',
      'total_tokens',
      'iterations',
      'cache_creation',
    ],
    ...[
      'candidates',
      'parts',
      'text',
      'thought',
      'usageMetadata',
      'promptTokenCount',
      'thoughtsTokenCount',
      'tool_calls',
    ],
    ...[
      'reasoning_details',
      'content_block',
      'output_tokens_details',
      'reasoning_tokens',
      'cost',
      '__proto__',
      'functionCall',
    ],
  );
  const words = fc.constantFrom(
    ...[
      'message_start',
      'message_delta',
      'message_stop',
      'content_block_start',
      'content_block_delta',
      'text_delta',
      'thinking',
    ],
    ...[
      'thinking_delta',
      'error',
      'message',
      'compaction',
      'advisor_message',
      'fallback_message',
      'response.completed',
    ],
    ...['response.output_item.done', 'reasoning', 'function_call', 'web_search_call', 'tool_use', 'x'],
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      words,
      fc.nat(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      tie('list'),
      tie('map'),
      tie('map'),
      tie('map'),
    ),
    list: fc.array(tie('tree'), { maxLength: 3 }),
    map: fc.dictionary(names, tie('tree'), { maxKeys: 6 }),
  }));

  it('JSON of any shape gives sane counts, and the chunks do not matter', async () => {
    const cuts = fc.array(fc.nat(), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        anyApi,
        fc.array(tree, { maxLength: 5 }),
        fc.boolean(),
        cuts,
        async (api, events, asBody, offsets) => {
          const bytes = asBody ? Buffer.from(JSON.stringify(events[0] ?? {})) : eventStream([...events, '[DONE]']);
          const borders = offsets.map((offset) => offset % (bytes.length + 1)).sort((a, b) => a - b);
          const whole = await readResponse({ api }, [bytes]);
          const cut = await readResponse({ api }, cutAt(bytes, borders));
          expect(outcome(cut)).toBe(outcome(whole));
          for (const { usage } of whole.facts.parts) {
            for (const count of Object.values(usage))
              expect(count === null || (Number.isSafeInteger(count) && count >= 0)).toBe(true);
            if (usage.thinkingTokens !== null && usage.outputTokens !== null) {
              expect(usage.thinkingTokens).toBeLessThanOrEqual(usage.outputTokens);
            }
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
