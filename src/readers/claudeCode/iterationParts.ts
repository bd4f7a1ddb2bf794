import { totalUsage, type UsagePart } from '../../domain/usage.ts';
import { createAnthropicUsage } from '../../wire/anthropicUsage.ts';
import { noResponseFacts } from '../../wire/contract.ts';
import { arrayField, type JsonObject } from '../../wire/json.ts';
import type { Observation, ReadSink } from '../contract.ts';
import { countField } from '../counts.ts';

/**
 * What a message was sampled in, as the gateway reads it from the wire: an advisor's or a compaction's tokens, which the top level leaves
 * out, and the answer's own where it took several. Null for a message in one piece.
 */
export function iterationParts(
  usage: JsonObject,
  about: { readonly model: string; readonly toolCalls: number },
  sink: ReadSink,
): (Pick<Observation, 'usage'> & { readonly parts: readonly UsagePart[] }) | null {
  if (arrayField(usage, 'iterations').length === 0) return null;
  const reading = createAnthropicUsage({
    facts: () => ({ ...noResponseFacts, model: about.model }),
    // The record itself names the model that answered.
    set: () => undefined,
    count: (object, name) => countField(object, name, sink),
    problem: (code, detail) => sink.problem({ code: code === 'bad-count' ? code : 'unexpected-shape', detail }),
  });
  reading.merge(usage);
  const parts = reading.parts({ noThinking: false, toolCalls: about.toolCalls });
  return parts.length < 2 ? null : { usage: totalUsage(parts), parts };
}
