import { asObject, field, type JsonObject, nameField, objectField } from '../../wire/json.ts';
import { type JsonValue, type LineParser, plainObservation, type ReadSink, type SourceFile } from '../contract.ts';
import { countField, instantOf, usageOfWholeInput } from '../counts.ts';
import { keptNumber } from '../rows.ts';

interface Totals {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly thinking: number;
}

const nothing: Totals = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, thinking: 0 };
const names = ['input', 'cacheRead', 'cacheWrite', 'output', 'thinking'] as const;

/** The last version of which it is known that it kept no row for each call. Of a later one everything is in the store. */
const lastWithoutStore = [1, 0, 67] as const;

/**
 * What sessions of older versions say when they end: one sum for each model. A session that was resumed says it again, counted on
 * or counted anew; only what is new counts.
 */
export class ShutdownParser implements LineParser {
  readonly #fileSession: string;
  #session: string;
  #folder: string | null;
  #branch: string | null;
  #isOld: boolean;
  /** When the session was started or resumed last. */
  #beganAtMs: number | null;
  readonly #totals: Map<string, Totals>;

  constructor(file: SourceFile, state: JsonValue) {
    const kept = asObject(state);
    const parts = file.relativePath.split('/');
    this.#fileSession = (parts.length > 1 ? parts[0] : parts[0]?.replace(/\.jsonl$/, '')) || 'unknown';
    this.#session = nameField(kept, 'session') ?? this.#fileSession;
    this.#folder = nameField(kept, 'folder');
    this.#branch = nameField(kept, 'branch');
    this.#isOld = field(kept, 'isOld') === true;
    this.#beganAtMs = keptNumber(state, 'beganAtMs');
    this.#totals = new Map(
      Object.entries(objectField(kept, 'totals') ?? {}).map(([model, totals]) => [model, keptTotals(asObject(totals))]),
    );
  }

  line(record: JsonObject, sink: ReadSink): void {
    const type = field(record, 'type');
    const data = objectField(record, 'data');
    if (type === 'session.start' || type === 'session.resume') {
      this.#beganAtMs = instantOf(field(record, 'timestamp'));
      this.#begin(data);
    }
    if (type === 'session.shutdown' && this.#isOld) this.#end(record, sink);
  }

  state(): JsonValue {
    const totals = Object.fromEntries([...this.#totals].map(([model, kept]) => [model, { ...kept }]));
    const about = { session: this.#session, folder: this.#folder, branch: this.#branch };
    return { ...about, isOld: this.#isOld, beganAtMs: this.#beganAtMs, totals };
  }

  #begin(data: JsonObject | null): void {
    const context = objectField(data, 'context');
    this.#session = nameField(data, 'sessionId') ?? this.#session;
    this.#folder = nameField(context, 'cwd') ?? this.#folder;
    this.#branch = nameField(context, 'branch') ?? this.#branch;
    const version = nameField(data, 'copilotVersion');
    if (version !== null) this.#isOld = isOldVersion(version);
  }

  #end(record: JsonObject, sink: ReadSink): void {
    const metrics = objectField(objectField(record, 'data'), 'modelMetrics');
    const endedAtMs = instantOf(field(record, 'timestamp'));
    if (metrics === null) return;
    if (endedAtMs === null) {
      sink.problem({ code: 'unexpected-shape', detail: 'the end of a session has no time' });
      return;
    }
    const atMs = Math.min(endedAtMs, this.#beganAtMs ?? endedAtMs);
    this.#beganAtMs = endedAtMs;
    for (const model of Object.keys(metrics)) {
      const usage = objectField(objectField(metrics, model), 'usage');
      if (usage === null || model.length > 256) continue;
      const totals = totalsOf(usage, sink);
      const before = this.#totals.get(model) ?? nothing;
      // Less input than before means that the counters began anew.
      const base = totals.input < before.input ? nothing : before;
      this.#totals.set(model, totals);
      const added = Object.fromEntries(names.map((name) => [name, Math.max(0, totals[name] - base[name])])) as Record<
        keyof Totals,
        number
      >;
      if (names.every((name) => added[name] === 0)) continue;
      sink.call({
        ...plainObservation,
        provider: 'github-copilot',
        api: 'openai-chat',
        model,
        keys: {
          responseId: null,
          requestId: null,
          ownId: `${this.#session} shutdown ${nameField(record, 'id') ?? endedAtMs} ${model}`,
        },
        session: this.#session,
        folder: this.#folder,
        branch: this.#branch,
        atMs,
        durationMs: endedAtMs - atMs,
        usage: usageOfWholeInput(added),
        isSum: true,
        provenance: 'partial',
        auth: 'subscription',
      });
    }
  }
}

function totalsOf(usage: JsonObject, sink: ReadSink): Totals {
  const count = (name: string): number => countField(usage, name, sink) ?? 0;
  return {
    input: count('inputTokens'),
    cacheRead: count('cacheReadTokens'),
    cacheWrite: count('cacheWriteTokens'),
    output: count('outputTokens'),
    thinking: count('reasoningTokens'),
  };
}

function keptTotals(kept: JsonObject | null): Totals {
  const read = (name: string): number => {
    const value = field(kept, name);
    return typeof value === 'number' ? value : 0;
  };
  return {
    input: read('input'),
    cacheRead: read('cacheRead'),
    cacheWrite: read('cacheWrite'),
    output: read('output'),
    thinking: read('thinking'),
  };
}

function isOldVersion(version: string): boolean {
  const parts = /^(\d{1,4})\.(\d{1,4})\.(\d{1,6})/.exec(version)?.slice(1).map(Number);
  if (parts === undefined) return false;
  for (const [index, limit] of lastWithoutStore.entries()) {
    const part = parts[index] ?? 0;
    if (part !== limit) return part < limit;
  }
  return true;
}
