import { identityOf } from '../../ledger/callIdentity.ts';
import type { ImportedCall, ImportedLog } from '../../ledger/importContract.ts';
import { mergeImported } from '../../ledger/mergeImported.ts';
import type { JsonValue, LineContext, Observation, ReadProblemCode } from '../../readers/contract.ts';
import type { FoundLog } from '../../readers/findLogs.ts';
import { lineageOfLog } from '../../readers/lineContext.ts';
import { type LogPosition, readLog } from '../../readers/readLog.ts';
import { workspaceOfFolder } from './workspaceOfFolder.ts';

/** A problem as it is told to people. `file` is the whole path. */
export interface ImportProblem {
  readonly file: string;
  /** 1 for the first; null where it is none of a line. */
  readonly line: number | null;
  readonly code: ReadProblemCode;
  readonly detail: string;
}

export interface CollectedLog {
  readonly calls: readonly ImportedCall[];
  /** At most `keptProblems`; `problemCount` counts all. */
  readonly problems: readonly ImportProblem[];
  readonly problemCount: number;
  readonly log: ImportedLog;
  /** See `ImportBatch`. */
  readonly retracted: readonly string[];
}

const keptProblems = 100;

/** Reads what is new in a log: each call once, with all that the log tells of it merged. */
export class LogCollector {
  readonly #agent: string;
  readonly #context: LineContext;
  /** One folder has thousands of calls. */
  readonly #workspaces = new Map<string | null, string>();

  /** A call has several lines, mostly one after the other. */
  #lastResponse: { readonly key: string | null; readonly id: string } = { key: null, id: '' };

  constructor(agent: string, context: LineContext) {
    this.#agent = agent;
    this.#context = context;
  }

  collect(log: FoundLog, known: ImportedLog | null): CollectedLog {
    const calls = new Map<string, ImportedCall>();
    const problems: ImportProblem[] = [];
    let problemCount = 0;
    const {
      position,
      retracted = [],
      awaits,
    } = readLog(
      { log, from: known === null ? null : positionOf(known), context: this.#context },
      {
        call: (observation) => {
          const call = this.#imported(observation);
          const before = calls.get(call.id);
          calls.set(call.id, before === undefined ? call : mergeImported(before, call));
        },
        problem: ({ line, code, detail }) => {
          problemCount++;
          if (problems.length < keptProblems) problems.push({ file: log.path, line, code, detail });
        },
      },
    );
    return {
      ...{ calls: [...calls.values()], problems, problemCount },
      // A log that could not be read awaits what it did before.
      log: this.#entry(log, position, awaits === undefined ? (known?.parentId ?? null) : awaits),
      retracted: retracted.map((id) => this.#ownIdentity(id)),
    };
  }

  #imported(seen: Observation): ImportedCall {
    const { keys } = seen;
    return {
      id: this.#identity(keys),
      responseId: keys.responseId,
      requestId: keys.requestId,
      agent: this.#agent,
      session: seen.session,
      subAgent: seen.subAgent,
      workspaceId: this.#workspaceOf(seen.folder),
      provider: seen.provider,
      api: seen.api,
      auth: seen.auth,
      model: seen.model,
      effort: seen.effort,
      atMs: seen.atMs,
      durationMs: seen.durationMs,
      usage: seen.usage,
      ...(seen.parts === undefined ? {} : { parts: seen.parts }),
      isSum: seen.isSum,
      ...(seen.isOfAllModels === true ? { isOfAllModels: true } : {}),
      provenance: seen.provenance,
      billedNanoUsd: seen.billedNanoUsd,
      serviceTier: seen.serviceTier,
      speed: seen.speed,
      inferenceGeo: seen.inferenceGeo,
    };
  }

  #identity({ responseId, requestId, ownId }: Observation['keys']): string {
    if (responseId !== null) {
      if (responseId !== this.#lastResponse.key) {
        this.#lastResponse = { key: responseId, id: identityOf('response', responseId) };
      }
      return this.#lastResponse.id;
    }
    if (requestId !== null) return identityOf('request', requestId);
    return this.#ownIdentity(ownId);
  }

  #ownIdentity(ownId: string): string {
    return identityOf('own', `${this.#agent} ${ownId}`);
  }

  #workspaceOf(folder: string | null): string {
    let id = this.#workspaces.get(folder);
    if (id === undefined) {
      id = workspaceOfFolder(folder);
      this.#workspaces.set(folder, id);
    }
    return id;
  }

  #entry(log: FoundLog, position: LogPosition, parentId: string | null): ImportedLog {
    const lineage = lineageOfLog(log);
    return {
      path: log.path,
      agent: this.#agent,
      sizeBytes: log.sizeBytes,
      mtimeMs: log.mtimeMs,
      inode: log.inode,
      offset: position.offset,
      lines: position.lines,
      fingerprint: position.fingerprint,
      state: JSON.stringify(position.state),
      sessionId: lineage?.id ?? null,
      parentId,
    };
  }
}

function positionOf({ offset, lines, fingerprint, state }: ImportedLog): LogPosition {
  return { offset, lines, fingerprint, state: stateOf(state) };
}

function stateOf(text: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    return null;
  }
}
