import { unknownUsage } from '../../domain/usage.ts';
import { field, type JsonObject, nameField, objectField } from '../../wire/json.ts';
import {
  type JsonValue,
  type LineParser,
  type LinesFormat,
  plainObservation,
  type Reader,
  type ReadSink,
} from '../contract.ts';
import { countField, instantOf } from '../counts.ts';
import { namedFolder } from '../homePaths.ts';
import { sellerOf } from '../providers.ts';

const format: LinesFormat = {
  kind: 'lines',
  needles: ['"message_send"', '"message_send_starting"'],
  open: (_file, state) => new MessageParser(state),
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

/** Messages of the user's, each with all the calls that it took. */
class MessageParser implements LineParser {
  #beganAtMs: number | null;

  constructor(state: JsonValue) {
    this.#beganAtMs = typeof state === 'number' ? state : null;
  }

  line(record: JsonObject, sink: ReadSink): void {
    const event = field(record, 'event');
    if (event === 'message_send_starting') this.#beganAtMs = timeOf(record);
    else if (event === 'message_send') {
      pushMessage(record, this.#beganAtMs, sink);
      this.#beganAtMs = null;
    }
  }

  state(): JsonValue {
    return this.#beganAtMs;
  }
}

function pushMessage(record: JsonObject, beganAtMs: number | null, sink: ReadSink): void {
  const properties = objectField(record, 'properties');
  const input = countField(properties, 'prompt_tokens', sink);
  const output = countField(properties, 'completion_tokens', sink);
  if ((input ?? 0) + (output ?? 0) === 0) return;
  const endedAtMs = timeOf(record);
  if (endedAtMs === null) {
    sink.problem({ code: 'unexpected-shape', detail: 'a message has no time' });
    return;
  }
  const atMs = Math.min(endedAtMs, beganAtMs ?? endedAtMs);
  // "anthropic/claude-sonnet-4-5", as LiteLLM spells it; without a provider the model alone must tell.
  const named = nameField(properties, 'main_model') ?? 'unknown';
  const slash = named.indexOf('/');
  const seller = sellerOf(slash < 0 ? null : named.slice(0, slash));
  sink.call({
    ...plainObservation,
    provider: seller.provider,
    api: seller.api,
    model: named.slice(slash + 1),
    keys: {
      responseId: null,
      requestId: null,
      ownId: [endedAtMs, named, input, output, totalCost(properties)].join(' '),
    },
    session: new Date(endedAtMs).toISOString().slice(0, 10),
    atMs,
    durationMs: endedAtMs - atMs,
    usage: { ...unknownUsage, inputTokens: input, outputTokens: output },
    isSum: true,
    // Aider tells of well-known models only.
    ...(named === 'unknown' || named.endsWith('/REDACTED') ? { isOfAllModels: true } : {}),
  });
}

/** The log has seconds. */
function timeOf(record: JsonObject): number | null {
  const seconds = field(record, 'time');
  return instantOf(typeof seconds === 'number' ? seconds * 1000 : seconds);
}

/** Tells two messages of one second apart. */
function totalCost(properties: JsonObject | null): string {
  const cost = field(properties, 'total_cost');
  return typeof cost === 'number' ? String(cost) : '';
}
