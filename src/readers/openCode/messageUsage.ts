import type { Usage } from '../../domain/usage.ts';
import { unknownUsage } from '../../domain/usage.ts';
import { field, type JsonObject, nameField, objectField } from '../../wire/json.ts';
import { type Observation, plainObservation, type ReadSink } from '../contract.ts';
import { countField, instantOf } from '../counts.ts';
import { sellerOf } from '../providers.ts';

/** One step of a message, of which there may be several in old ones: each is a call. */
export interface Step {
  /** The id of the part, for all steps but the last, which goes by the message's id as it does where steps are not kept. */
  readonly partId: string | null;
  readonly tokens: JsonObject | null;
  readonly atMs: number | null;
  /** How many tools the step asked for. */
  readonly toolCalls: number;
}

export interface AboutMessage {
  readonly id: string;
  readonly session: string;
  readonly subAgent: string | null;
  readonly folder: string | null;
  /** Null for the message as a whole, which tells of its last step. */
  readonly step: Step | null;
}

/** The call that an assistant's message tells of; null for other messages, and for calls that failed before they had any counts. */
export function observationOfMessage(message: JsonObject, about: AboutMessage, sink: ReadSink): Observation | null {
  if (field(message, 'role') !== 'assistant') return null;
  const tokens = about.step === null ? objectField(message, 'tokens') : about.step.tokens;
  if (tokens === null) return null;
  const time = objectField(message, 'time');
  const createdMs = instantOf(field(time, 'created'));
  const completedMs = instantOf(field(time, 'completed'));
  const provider = nameField(message, 'providerID');
  const usage = usageOf(tokens, { provider, toolCalls: about.step?.toolCalls ?? 0 }, sink);
  if ((usage.inputTokens ?? 0) + (usage.outputTokens ?? 0) + usage.cacheReadTokens + usage.cacheWrite5mTokens === 0)
    return null;
  const atMs = createdMs ?? about.step?.atMs ?? null;
  if (atMs === null) {
    sink.problem({ code: 'unexpected-shape', detail: 'a message has no time' });
    return null;
  }
  const seller = sellerOf(provider);
  const { partId = null } = about.step ?? {};
  return {
    ...plainObservation,
    provider: seller.provider,
    api: seller.api,
    model: nameField(message, 'modelID') ?? 'unknown',
    keys: { responseId: null, requestId: null, ownId: partId === null ? about.id : `${about.id} ${partId}` },
    session: about.session,
    subAgent: about.subAgent,
    folder: nameField(objectField(message, 'path'), 'cwd') ?? about.folder,
    atMs: partId === null ? atMs : (about.step?.atMs ?? atMs),
    durationMs: partId !== null || completedMs === null ? null : Math.max(0, completedMs - atMs),
    usage,
    effort: nameField(message, 'variant'),
  };
}

/** All counts exclude each other but, in versions before there was a total, the reasoning, which most providers have inside the output. */
function usageOf(
  tokens: JsonObject,
  about: { readonly provider: string | null; readonly toolCalls: number },
  sink: ReadSink,
): Usage {
  const cache = objectField(tokens, 'cache');
  const input = countField(tokens, 'input', sink);
  const output = countField(tokens, 'output', sink);
  const reasoning = countField(tokens, 'reasoning', sink);
  const total = countField(tokens, 'total', sink);
  const cacheRead = countField(cache, 'read', sink) ?? 0;
  const cacheWrite = countField(cache, 'write', sink) ?? 0;
  const without = (input ?? 0) + (output ?? 0) + cacheRead + cacheWrite;
  const isInside = total === null ? !/google|gemini|vertex/.test(about.provider ?? '') : total <= without;
  const all = output === null ? reasoning : isInside ? Math.max(output, reasoning ?? 0) : output + (reasoning ?? 0);
  return {
    ...unknownUsage,
    inputTokens: input,
    cacheReadTokens: cacheRead,
    cacheWrite5mTokens: cacheWrite,
    outputTokens: all,
    // Zero is also what stands there where the provider tells nothing of it.
    thinkingTokens: reasoning === 0 ? null : reasoning,
    toolCalls: about.toolCalls,
  };
}
