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

/**
 * Only what this rollout itself asked for: what it repeats of its parent is its parent's. While the parent's log is missing all calls are
 * named as the parent's own would be; once it is there, or tells more, this log is read anew and what was told too much is taken back.
 */
class RolloutParser implements LineParser {
  readonly #context: LineContext;
  readonly #rollout: Rollout;
  /** The place in the parent's calls that the next call repeats, if it repeats one; null once it does not, -1 before the first. */
  #repeats: number | null;
  #parent: ParentCalls | null = null;
  /** Whether the parent's log was missing when this one was begun; null before its first call. */
  #isOrphan: boolean | null;
  #isSettled: boolean;
  /** Names the sequence of calls up to now: equal only in copies of the same beginning of the same thread. */
  #chain: string;
  /** What names the sequence as long as no parent is known; null where this reading did not begin at the start. */
  #orphanChain: string | null;
  /** The calls up to now are the parent's from its first one on, so that both chains name them alike. */
  #isPrefix = true;
  readonly #retracted: string[] = [];
  /** The last call, as long as the event that tells of it a second time may come. */
  #last: Observation | null = null;

  constructor(file: SourceFile, state: JsonValue, context: LineContext) {
    const kept = asObject(state);
    this.#context = context;
    this.#rollout = new Rollout(fileIdOf(file.path), objectField(kept, 'rollout'));
    this.#chain = nameField(kept, 'chain') ?? '';
    this.#orphanChain = this.#chain === '' ? '' : null;
    const repeats = kept === null ? -1 : field(kept, 'repeats');
    this.#repeats = typeof repeats === 'number' ? repeats : null;
    const isOrphan = field(kept, 'isOrphan');
    this.#isOrphan = typeof isOrphan === 'boolean' ? isOrphan : null;
    this.#isSettled = field(kept, 'isSettled') === true;
  }

  line(record: JsonObject, sink: ReadSink): void {
    const wasSubscription = this.#rollout.isSubscription;
    const told = this.#rollout.read(record, sink);
    // The limits come with the event that follows a call, which was made with the same login.
    if (this.#rollout.isSubscription && !wasSubscription && told === null && this.#last !== null) {
      sink.call({ ...this.#last, auth: 'subscription' });
    }
    if (told !== null && !this.#isRepeated(told)) this.#push(told, sink);
  }

  retracted(): readonly string[] {
    return this.#retracted;
  }

  awaits(): string | null {
    return this.#isOrphan === null || this.#isSettled ? null : this.#rollout.parentId;
  }

  state(): JsonValue {
    return {
      ...{ rollout: this.#rollout.state(), repeats: this.#repeats, chain: this.#chain },
      ...{ isOrphan: this.#isOrphan, isSettled: this.#isSettled },
    };
  }

  #isRepeated(told: ToldCall): boolean {
    const { parentId, thread } = this.#rollout;
    const call = textOf(told);
    if (parentId !== null && (this.#isOrphan === null || this.#repeats !== null)) this.#meetParent(parentId);
    this.#isOrphan ??= false;
    if (this.#isOrphan || parentId === null) {
      this.#chain = linked(this.#chain || (this.#isOrphan ? (parentId ?? thread) : thread), call);
      this.#orphanChain = null;
      return false;
    }
    const index = this.#repeats;
    this.#chain = linked(this.#chain || thread, call);
    const calls = this.#parent?.calls ?? [];
    if (index !== null) {
      const at = index < 0 ? calls.indexOf(call) : index;
      const isRepeated = at >= 0 && calls[at] === call;
      this.#isPrefix &&= isRepeated && (index > 0 || at === 0);
      this.#repeats = isRepeated ? at + 1 : null;
    } else this.#isPrefix = false;
    const isRepeated = this.#repeats !== null;
    this.#takeBack({ call, parentId, isRepeated, hasOwnName: told.responseId === null });
    return isRepeated;
  }

  /** What an earlier reading may have told, with less of the parent to see. */
  #takeBack(about: {
    readonly call: string;
    readonly parentId: string;
    readonly isRepeated: boolean;
    /** A call with an id of the provider's is one row whoever tells of it, so that there is nothing to take back. */
    readonly hasOwnName: boolean;
  }): void {
    if (this.#orphanChain === null) return;
    this.#orphanChain = linked(this.#orphanChain || about.parentId, about.call);
    if (!about.hasOwnName) return;
    if (!this.#isPrefix) this.#retracted.push(this.#orphanChain);
    if (about.isRepeated) this.#retracted.push(this.#chain);
  }

  /** Looks up what the parent asked for, at the first call of a reading that may be the parent's. */
  #meetParent(parentId: string): void {
    if (this.#parent !== null || this.#isOrphan === true) return;
    const parent = parentCalls(this.#context, parentId);
    this.#isOrphan ??= parent === null;
    this.#parent = parent ?? { calls: [], lastAtMs: null };
    const { beganAtMs } = this.#rollout;
    const { lastAtMs } = this.#parent;
    // A log tells of things in their order, so that what comes later in time was not there to be repeated.
    this.#isSettled = beganAtMs !== null && lastAtMs !== null && lastAtMs > beganAtMs;
  }

  #push(told: ToldCall, sink: ReadSink): void {
    const rollout = this.#rollout;
    const { last, responseId } = told;
    const atMs = instantOf(told.timestamp);
    if (atMs === null) {
      sink.problem({ code: 'unexpected-shape', detail: 'a token count has no time' });
      return;
    }
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

interface ParentCalls {
  /** In the order of the log, as texts to compare. */
  readonly calls: readonly string[];
  /** When the last record was written; null where none has a time. */
  readonly lastAtMs: number | null;
}

/** What another thread's log tells; null where there is none. */
function parentCalls(context: LineContext, thread: string): ParentCalls | null {
  const calls: string[] = [];
  let lastAtMs: number | null = null;
  const other = new Rollout(thread, null);
  const silent: ReadSink = { call: () => undefined, problem: () => undefined };
  const isThere = context.eachRecord(thread, (record) => {
    const told = other.read(record, silent);
    if (told !== null) calls.push(textOf(told));
    lastAtMs = instantOf(field(record, 'timestamp')) ?? lastAtMs;
  });
  return isThere ? { calls, lastAtMs } : null;
}

function linked(chain: string, call: string): string {
  return hash('sha1', `${chain} ${call}`, 'base64');
}

function textOf({ last, total }: ToldCall): string {
  return JSON.stringify([last, total]);
}

/** "rollout-2026-11-23T00-52-15-<uuid>.jsonl" */
function fileIdOf(path: string): string {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1).replace(/\.jsonl$/, '');
  return /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.exec(name)?.[0] ?? name;
}
