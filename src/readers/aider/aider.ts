import { unknownUsage } from '../../domain/usage.ts';
import { field, type JsonObject, nameField, objectField } from '../../wire/json.ts';
import { type LinesFormat, plainObservation, type Reader, type ReadSink } from '../contract.ts';
import { countField, instantOf } from '../counts.ts';
import { namedFolder } from '../homePaths.ts';
import { sellerOf } from '../providers.ts';

const format: LinesFormat = {
  kind: 'lines',
  needles: ['"message_send"'],
  open: () => ({ line: pushMessage, state: () => null }),
};

/** Aider, where its user has it write an analytics log. README.md beside this file tells why nothing else of it is read. */
export const aider: Reader = {
  agent: 'aider',
  title: 'aider',
  variables: ['AIDER_ANALYTICS_LOG'],
  paths(place) {
    const path = namedFolder(place, 'AIDER_ANALYTICS_LOG');
    return path === null ? [] : [{ path, maxDepth: 0, accepts: (relativePath) => relativePath === '', format }];
  },
};

/** A message of the user's with all the calls that it took. */
function pushMessage(record: JsonObject, sink: ReadSink): void {
  if (field(record, 'event') !== 'message_send') return;
  const properties = objectField(record, 'properties');
  const input = countField(properties, 'prompt_tokens', sink);
  const output = countField(properties, 'completion_tokens', sink);
  if ((input ?? 0) + (output ?? 0) === 0) return;
  const seconds = field(record, 'time');
  const atMs = instantOf(typeof seconds === 'number' ? seconds * 1000 : seconds);
  if (atMs === null) {
    sink.problem({ code: 'unexpected-shape', detail: 'a message has no time' });
    return;
  }
  // "anthropic/claude-sonnet-4-5", as LiteLLM spells it; without a provider the model alone must tell.
  const named = nameField(properties, 'main_model') ?? 'unknown';
  const slash = named.indexOf('/');
  const seller = sellerOf(slash < 0 ? null : named.slice(0, slash));
  sink.call({
    ...plainObservation,
    provider: seller.provider,
    api: seller.api,
    model: named.slice(slash + 1),
    keys: { responseId: null, requestId: null, ownId: [atMs, named, input, output, totalCost(properties)].join(' ') },
    session: new Date(atMs).toISOString().slice(0, 10),
    atMs,
    usage: { ...unknownUsage, inputTokens: input, outputTokens: output },
    isSum: true,
  });
}

/** Tells two messages of one second apart. */
function totalCost(properties: JsonObject | null): string {
  const cost = field(properties, 'total_cost');
  return typeof cost === 'number' ? String(cost) : '';
}
