import { hash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { asObject, field, type JsonObject, nameField, objectField } from '../../wire/json.ts';
import {
  type JsonValue,
  type LineContext,
  type LineParser,
  type LinesFormat,
  type Observation,
  plainObservation,
  type Reader,
  type ReadSink,
  type SourceFile,
} from '../contract.ts';
import { instantOf, usageOfWholeInput } from '../counts.ts';
import { lineageOf, Rollout, type ToldCall } from './rollout.ts';

const format: LinesFormat = {
  kind: 'lines',
  needles: ['"token_count"', '"token_usage_record"', '"turn_context"', '"session_meta"', '"thread_settings_applied"'],
  open: (file, state, context) => new RolloutParser(file, state, context),
  lineage: lineageOf,
};

/** Codex's sessions, archived ones too. README.md beside this file tells the shapes. */
export const codex: Reader = {
  agent: 'codex',
  title: 'Codex',
  variables: ['CODEX_HOME'],
  paths({ homeDir, env }) {
    const named = env['CODEX_HOME'];
    const folder = named ? resolve(named) : join(homeDir, '.codex');
    return ['sessions', 'archived_sessions'].map((name) => ({
      path: join(folder, name),
      maxDepth: 8,
      accepts: (relativePath) => relativePath.endsWith('.jsonl'),
      format,
    }));
  },
};

/** Only what this rollout itself asked for: what it repeats of its parent is its parent's. */
class RolloutParser implements LineParser {
  readonly #context: LineContext;
  readonly #rollout: Rollout;
  /** The place in the parent's calls that the next call repeats, if it repeats one; null once it does not. */
  #repeats: number | null;
  #parentCalls: readonly string[] | null = null;
  /** Names the sequence of calls up to now: equal only in copies of the same beginning of the same thread. */
  #chain: string;
  /** The last call, as long as the event that tells of it a second time may come. */
  #last: Observation | null = null;

  constructor(file: SourceFile, state: JsonValue, context: LineContext) {
    const kept = asObject(state);
    this.#context = context;
    this.#rollout = new Rollout(fileIdOf(file.path), objectField(kept, 'rollout'));
    this.#chain = nameField(kept, 'chain') ?? '';
    const repeats = kept === null ? -1 : field(kept, 'repeats');
    this.#repeats = typeof repeats === 'number' ? repeats : null;
  }

  line(record: JsonObject, sink: ReadSink): void {
    const wasSubscription = this.#rollout.isSubscription;
    const told = this.#rollout.read(record, sink);
    // The limits come with the event that follows a call, which was made with the same login.
    if (this.#rollout.isSubscription && !wasSubscription && told === null && this.#last !== null) {
      sink.call({ ...this.#last, auth: 'subscription' });
    }
    if (told === null || this.#isRepeated(told)) return;
    this.#push(told, sink);
  }

  state(): JsonValue {
    return { rollout: this.#rollout.state(), repeats: this.#repeats, chain: this.#chain };
  }

  #isRepeated(told: ToldCall): boolean {
    const { parentId } = this.#rollout;
    if (this.#repeats === null) return false;
    this.#parentCalls ??= parentId === null ? [] : this.#callsOf(parentId);
    const call = textOf(told);
    const at = this.#repeats < 0 ? this.#parentCalls.indexOf(call) : this.#repeats;
    const isRepeated = at >= 0 && this.#parentCalls[at] === call;
    this.#repeats = isRepeated ? at + 1 : null;
    return isRepeated;
  }

  /** The calls of another thread's log, in the order of the log, as texts to compare. */
  #callsOf(thread: string): readonly string[] {
    const calls: string[] = [];
    const other = new Rollout(thread, null);
    const silent: ReadSink = { call: () => undefined, problem: () => undefined };
    const isThere = this.#context.eachRecord(thread, (record) => {
      const told = other.read(record, silent);
      if (told !== null) calls.push(textOf(told));
    });
    // What a parent that is gone had asked for may be in the books already, under its own name.
    if (!isThere) this.#chain = thread;
    return calls;
  }

  #push(told: ToldCall, sink: ReadSink): void {
    const rollout = this.#rollout;
    const { last, responseId } = told;
    const atMs = instantOf(told.timestamp);
    if (atMs === null) {
      sink.problem({ code: 'unexpected-shape', detail: 'a token count has no time' });
      return;
    }
    this.#chain = hash('sha1', `${this.#chain || rollout.thread} ${textOf(told)}`, 'base64');
    this.#last = {
      ...plainObservation,
      provider: rollout.provider,
      api: 'openai-responses',
      model: rollout.model ?? 'unknown',
      keys: { responseId, requestId: null, ownId: this.#chain },
      session: rollout.session,
      subAgent: rollout.session === rollout.thread ? null : rollout.thread,
      folder: rollout.folder,
      branch: rollout.branch,
      atMs,
      usage: usageOfWholeInput(last),
      auth: rollout.isSubscription ? 'subscription' : 'unknown',
      effort: rollout.effort,
    };
    sink.call(this.#last);
  }
}

function textOf({ last, total }: ToldCall): string {
  return JSON.stringify([last, total]);
}

/** "rollout-2026-11-23T00-52-15-<uuid>.jsonl" */
function fileIdOf(path: string): string {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1).replace(/\.jsonl$/, '');
  return /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.exec(name)?.[0] ?? name;
}
