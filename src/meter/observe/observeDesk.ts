import type { CalibrationState } from '../../domain/calibration.ts';
import type { CallRecord } from '../../domain/call.ts';
import type { Clock } from '../../domain/clock.ts';
import type { CallHead, ResponseHead } from '../../gateway/contract.ts';
import type { PriceOverride, Pricer } from '../../pricing/contract.ts';
import type { LiveCall } from '../../protocol/snapshot.ts';
import type { Calibrator, Tokenizer } from '../../tokens/contract.ts';
import type { RequestReader, ResponseReader, ResponseSink } from '../../wire/contract.ts';
import { CallMeter, type CallMeterDeps } from './callMeter.ts';
import type { BookingStage, CountedCall, FromObserver, ObservedItem, ToObserver } from './messages.ts';
import { RepeatWatch } from './repeatWatch.ts';
import { SessionGroups } from './sessionGroups.ts';

const LIVE_EVERY_MS = 250;

export interface ObserveDeskDeps {
  readonly clock: Clock;
  readonly send: (message: FromObserver) => void;
  readonly tokenizer: Tokenizer;
  readonly calibrator: Calibrator;
  readonly createPricer: (overrides: readonly PriceOverride[]) => Pricer;
  readonly parseOverrides: (value: unknown) => {
    readonly overrides: readonly PriceOverride[];
    readonly problems: readonly string[];
  };
  readonly createRequestReader: (head: {
    readonly api: CallHead['api'];
    readonly contentEncoding: string | null;
    readonly pathModel: string | null;
    readonly pathStream: boolean | null;
  }) => RequestReader;
  readonly createResponseReader: (options: {
    readonly api: CallHead['api'];
    readonly contentType: string | null;
    readonly contentEncoding: string | null;
    readonly httpStatus: number;
    readonly pathModel: string | null;
    readonly sink: ResponseSink;
  }) => ResponseReader;
}

/** Sorts what was observed to the calls it belongs to, and reports records, live figures and calibration. */
export class ObserveDesk {
  readonly #deps: ObserveDeskDeps;
  readonly #calls = new Map<string, CallMeter>();
  readonly #ending = new Set<Promise<void>>();
  readonly #groups = new SessionGroups();
  readonly #repeats: RepeatWatch;
  /** Calls whose counts a budget waits for. */
  readonly #watched = new Set<string>();
  readonly #callDeps: CallMeterDeps;
  #pricer: Pricer;
  #liveTimer: NodeJS.Timeout | null = null;

  constructor(deps: ObserveDeskDeps) {
    this.#deps = deps;
    this.#pricer = deps.createPricer([]);
    this.#repeats = new RepeatWatch(deps.clock);
    this.#callDeps = {
      tokenizer: deps.tokenizer,
      calibrator: this.#reportingCalibrator(deps.calibrator),
      pricer: () => this.#pricer,
      readRequest: (head) => deps.createRequestReader({ ...head, contentEncoding: head.requestEncoding }),
      readResponse: (head, response: ResponseHead, sink) =>
        deps.createResponseReader({ ...response, api: head.api, pathModel: head.pathModel, sink }),
      sessionOf: (head) => this.#groups.sessionOf(head.workspaceId, head.agent, head.startedAtMs),
      onBegin: (record) => this.#report('begin', record),
      onInterim: (record) => this.#report('update', record),
      onFinish: (record) => this.#report('finish', record),
      onRequest: ({ head, session, digest }) => this.#noteRequest(head, session, digest),
      onQuota: ({ provider, auth }, windows) => deps.send({ type: 'quota', provider, auth, windows }),
    };
  }

  get bookVersion(): string {
    return this.#pricer.bookVersion;
  }

  receive(message: ToObserver): void {
    switch (message.type) {
      case 'items':
        this.#take(message.items);
        return;
      case 'calibration':
        this.#deps.calibrator.restore(message.states);
        return;
      case 'priceOverrides': {
        const { overrides, problems } = this.#deps.parseOverrides(message.overrides);
        this.#pricer = this.#deps.createPricer(overrides);
        this.#deps.send({ type: 'answer', requestId: message.requestId, problems });
        return;
      }
      case 'drain':
        void this.#drain(message.requestId);
        return;
    }
  }

  #take(items: readonly ObservedItem[]): void {
    let bytes = 0;
    const streamed = new Set<string>();
    for (const item of items) {
      if (item.kind === 'requestBytes' || item.kind === 'responseBytes') bytes += item.bytes.length;
      if (item.kind === 'responseBytes' && this.#watched.has(item.id)) streamed.add(item.id);
      this.#takeItem(item);
    }
    this.#reportCounts(streamed);
    if (bytes > 0) this.#deps.send({ type: 'consumed', bytes });
  }

  #reportCounts(ids: ReadonlySet<string>): void {
    const counts = [...ids].flatMap((id) => countedOf(id, this.#calls.get(id)));
    if (counts.length > 0) this.#deps.send({ type: 'counted', counts });
  }

  #noteRequest({ workspaceId, taskId, agent }: CallHead, session: string, digest: string | null): void {
    const times = digest === null ? null : this.#repeats.note(session, digest);
    if (times !== null) this.#deps.send({ type: 'repeated', repeat: { workspaceId, taskId, agent, session, times } });
  }

  #takeItem(item: ObservedItem): void {
    if (item.kind === 'begin') {
      if (item.head.isWatched) this.#watched.add(item.head.id);
      this.#calls.set(item.head.id, new CallMeter(item.head, this.#callDeps));
      this.#startLive();
      return;
    }
    const call = this.#calls.get(item.id);
    if (!call) return;
    try {
      this.#feed(call, item);
    } catch (error) {
      call.fail(error);
    }
  }

  #feed(call: CallMeter, item: Exclude<ObservedItem, { readonly kind: 'begin' }>): void {
    switch (item.kind) {
      case 'requestBytes':
        call.requestBytes(item.bytes);
        return;
      case 'requestEnd':
        call.requestEnd();
        return;
      case 'responseHead':
        call.responseHead(item.head);
        return;
      case 'responseBytes':
        call.responseBytes(item.bytes, item.atMs);
        return;
      case 'gap':
        call.gap();
        return;
      case 'named':
        call.named(item.agent);
        return;
      case 'end': {
        // A call whose record cannot be made is left to the ledger, which has what was last known of it.
        const ending: Promise<void> = call
          .end(item.end, item.atMs)
          .catch(() => undefined)
          .then(() => {
            this.#calls.delete(item.id);
            this.#watched.delete(item.id);
            this.#ending.delete(ending);
          });
        this.#ending.add(ending);
        return;
      }
    }
  }

  async #drain(requestId: number): Promise<void> {
    while (this.#ending.size > 0) await Promise.all(this.#ending);
    this.#deps.send({ type: 'answer', requestId, problems: [] });
  }

  #report(stage: BookingStage, record: CallRecord): void {
    this.#deps.send({ type: 'record', stage, record });
  }

  /** Live figures go out four times a second while a call runs, and once more when the last one has ended. */
  #startLive(): void {
    this.#liveTimer ??= setInterval(() => {
      this.#deps.send({ type: 'live', calls: [...this.#calls.values()].flatMap(liveOf) });
      if (this.#calls.size > 0 || !this.#liveTimer) return;
      clearInterval(this.#liveTimer);
      this.#liveTimer = null;
    }, LIVE_EVERY_MS);
  }

  #reportingCalibrator(calibrator: Calibrator): Calibrator {
    const report = (state: CalibrationState): void => this.#deps.send({ type: 'calibration', states: [state] });
    return {
      estimate: (model, baseTokens) => calibrator.estimate(model, baseTokens),
      restore: (states) => calibrator.restore(states),
      learn: (model, baseTokens, reportedTokens, atMs) => {
        const state = calibrator.learn(model, baseTokens, reportedTokens, atMs);
        if (state) report(state);
        return state;
      },
    };
  }
}

/** One call whose figures cannot be made must not take those of all others along. */
function liveOf(call: CallMeter): readonly LiveCall[] {
  try {
    return [call.live()];
  } catch {
    return [];
  }
}

function countedOf(id: string, call: CallMeter | undefined): readonly CountedCall[] {
  try {
    return call ? [{ id, amounts: call.counted() }] : [];
  } catch {
    return [];
  }
}
