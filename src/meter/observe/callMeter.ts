import { createHash, type Hash } from 'node:crypto';
import type { Amounts } from '../../domain/budget.ts';
import type { CallCost, CallRecord } from '../../domain/call.ts';
import { atLeastFigure, estimatedFigure, exactFigure, type Figure, unknownFigure } from '../../domain/figure.ts';
import type { QuotaWindow } from '../../domain/quota.ts';
import { totalInputTokens, totalUsage, type UsagePart, unknownUsage } from '../../domain/usage.ts';
import type { CallEnd, CallHead, ResponseHead } from '../../gateway/contract.ts';
import type { Pricer } from '../../pricing/contract.ts';
import type { LiveCall } from '../../protocol/snapshot.ts';
import type { Calibrator, Tokenizer } from '../../tokens/contract.ts';
import { codexWindows } from '../../wire/codexLimits.ts';
import {
  noResponseFacts,
  type RequestFacts,
  type RequestReader,
  type ResponseFacts,
  type ResponseReader,
  type ResponseSink,
  type WireProblem,
} from '../../wire/contract.ts';
import { priceCall } from './priceCall.ts';
import { settleUsage } from './settleUsage.ts';
import { TextCounts } from './textCounts.ts';

const KEPT_PROBLEMS = 8;

export interface CallMeterDeps {
  readonly tokenizer: Tokenizer;
  readonly calibrator: Calibrator;
  /** Asked at each pricing, since overrides may change while a call runs. */
  readonly pricer: () => Pricer;
  readonly readRequest: (head: CallHead) => RequestReader;
  readonly readResponse: (head: CallHead, response: ResponseHead, sink: ResponseSink) => ResponseReader;
  /** Names the session of a call that carries no id. */
  readonly sessionOf: (head: CallHead) => string;
  readonly onBegin: (record: CallRecord) => void;
  readonly onInterim: (record: CallRecord) => void;
  readonly onFinish: (record: CallRecord) => void;
  /** A whole request was read; `digest` tells equal ones apart from others. Null for one without a body. */
  readonly onRequest: (about: {
    readonly head: CallHead;
    readonly session: string;
    readonly digest: string | null;
  }) => void;
  /** Subscription windows that a response told of, at least one. */
  readonly onQuota: (head: CallHead, windows: readonly QuotaWindow[]) => void;
}

/** Follows one call from its first byte to its booked record. Holds counts and facts, never text. */
export class CallMeter {
  #head: CallHead;
  readonly #deps: CallMeterDeps;
  readonly #counts: TextCounts;
  #requestReader: RequestReader | null = null;
  readonly #digest: Hash = createHash('sha1');
  #hasBody = false;
  #responseReader: ResponseReader | null = null;
  #request: RequestFacts | null = null;
  #requestDone: Promise<void> | null = null;
  #response: ResponseHead | null = null;
  #facts: ResponseFacts = noResponseFacts;
  #session: string | null = null;
  #ttftMs: number | null = null;
  #chunkAtMs: number;
  #answering = false;
  #incomplete = false;
  #sawInterim = false;
  readonly #problems: string[] = [];

  constructor(head: CallHead, deps: CallMeterDeps) {
    this.#head = head;
    this.#deps = deps;
    this.#chunkAtMs = head.startedAtMs;
    this.#counts = new TextCounts(deps.tokenizer);
    try {
      this.#requestReader = deps.readRequest(head);
    } catch (error) {
      this.fail(error);
    }
  }

  requestBytes(bytes: Uint8Array): void {
    this.#hasBody = true;
    this.#digest.update(bytes);
    try {
      this.#requestReader?.push(bytes);
    } catch (error) {
      this.#requestReader = null;
      this.fail(error);
    }
  }

  /** Nobody waits for this before the call ends, so that whatever fails in it must be caught here. */
  requestEnd(): void {
    this.#requestDone ??= this.#finishRequest().catch((error: unknown) => this.fail(error));
  }

  responseHead(response: ResponseHead): void {
    this.#response = response;
    this.#reportQuota(response.quota);
    this.#responseReader = this.#deps.readResponse(this.#head, response, {
      onText: (kind, text) => {
        this.#ttftMs ??= Math.max(0, this.#chunkAtMs - this.#head.startedAtMs);
        this.#answering = kind !== 'thinking';
        this.#counts.push(kind, text);
      },
      onFacts: (facts) => this.#learnFacts(facts),
      onProblem: (problem) => this.#note(problem),
      onLimits: (limits) => this.#reportQuota(codexWindows(limits, this.#chunkAtMs)),
    });
  }

  responseBytes(bytes: Uint8Array, atMs: number): void {
    this.#chunkAtMs = atMs;
    this.#responseReader?.push(bytes);
  }

  /** Bytes of this call were dropped before they came here: what follows cannot be decoded. */
  gap(): void {
    this.#incomplete = true;
    this.#note({ code: 'too-large', detail: 'the meter could not keep up and left bytes out' });
  }

  /** The agent of this call is known only now; where its session is ours to name, it is that agent's. */
  named(agent: string): void {
    if (agent === this.#head.agent) return;
    this.#head = { ...this.#head, agent };
    if (this.#session === null) return;
    this.#session = this.#head.session ?? this.#request?.session ?? this.#deps.sessionOf(this.#head);
    this.#deps.onInterim(this.#record(null, null));
  }

  /** A defect of ours while reading this call: it is booked with what is known, and says so. Only the kind of error is kept. */
  fail(error: unknown): void {
    const name = error instanceof Error ? error.name : 'error';
    this.#incomplete = true;
    this.#note({ code: 'unexpected-shape', detail: `the meter failed to read this call (${name})` });
  }

  /** Settles and books the call. Resolves once the record was handed on; never rejects. */
  async end(end: CallEnd, atMs: number): Promise<void> {
    this.requestEnd();
    await this.#requestDone;
    try {
      if (this.#responseReader) this.#facts = await this.#responseReader.end();
      this.#counts.finish();
    } catch (error) {
      this.fail(error);
    }
    const record = this.#record(end, atMs);
    this.#learnCalibration(record);
    this.#deps.onFinish(record);
  }

  /** What a surface shows of the call right now. */
  live(): LiveCall {
    const interim = this.#facts.parts.length > 0 ? totalUsage(this.#facts.parts) : unknownUsage;
    const input = totalInputTokens(interim);
    const phase = this.#answering ? 'answering' : this.#facts.thinkingSeen ? 'thinking' : 'waiting';
    return {
      id: this.#head.id,
      startedAtMs: this.#head.startedAtMs,
      workspaceId: this.#head.workspaceId,
      taskId: this.#head.taskId,
      agent: this.#head.agent,
      session: this.#session ?? '',
      model: this.#model(),
      auth: this.#head.auth,
      api: this.#head.api,
      phase,
      inputTokens: input === null ? unknownFigure : exactFigure(input),
      thinkingTokens: this.#liveThinking(),
      visibleTokens: estimatedFigure(this.#estimate(this.#counts.visibleTokens)),
      costNanoUsd: this.#liveCost(),
      ttftMs: this.#ttftMs,
    };
  }

  /** What the call came to so far; unknown thinking counts as all output, as when it is charged. */
  counted(): Amounts {
    const { usage, cost } = this.#record('client-gone', this.#chunkAtMs);
    const outputTokens = usage.outputTokens ?? 0;
    return {
      costNanoUsd: cost.costNanoUsd ?? 0,
      thinkingTokens: usage.thinkingTokens ?? outputTokens,
      outputTokens,
      toolCalls: usage.toolCalls,
      calls: 1,
    };
  }

  async #finishRequest(): Promise<void> {
    // What the answer says is worth reading also where the request cannot be.
    const facts = await this.#requestFacts();
    this.#request = facts;
    for (const problem of facts?.problems ?? []) this.#note(problem);
    this.#session = this.#head.session ?? facts?.session ?? this.#deps.sessionOf(this.#head);
    this.#deps.onBegin(this.#record(null, null));
    const digest = this.#hasBody ? this.#digest.digest('base64') : null;
    this.#deps.onRequest({ head: this.#head, session: this.#session, digest });
  }

  async #requestFacts(): Promise<RequestFacts | null> {
    try {
      return (await this.#requestReader?.end()) ?? null;
    } catch (error) {
      this.fail(error);
      return null;
    }
  }

  #learnFacts(facts: ResponseFacts): void {
    this.#facts = facts;
    if (facts.usageState !== 'interim' || this.#sawInterim || this.#session === null) return;
    this.#sawInterim = true;
    this.#deps.onInterim(this.#record(null, null));
  }

  #reportQuota(windows: readonly QuotaWindow[]): void {
    if (windows.length > 0) this.#deps.onQuota(this.#head, windows);
  }

  #note(problem: WireProblem): void {
    if (problem.code === 'too-large' || problem.code === 'unknown-encoding' || problem.code === 'bad-encoding') {
      this.#incomplete = true;
    }
    if (this.#problems.length < KEPT_PROBLEMS) this.#problems.push(`${problem.code}: ${problem.detail}`);
  }

  #model(): string {
    return this.#facts.model ?? this.#request?.model ?? this.#head.pathModel ?? 'unknown';
  }

  #estimate(baseTokens: number): number {
    return this.#deps.calibrator.estimate(this.#model(), baseTokens);
  }

  #liveThinking(): Figure {
    const reported = this.#facts.parts.length > 0 ? totalUsage(this.#facts.parts).thinkingTokens : null;
    if (this.#facts.usageState === 'final' && reported !== null) return exactFigure(reported);
    const seen = Math.max(this.#estimate(this.#counts.thinkingTokens), this.#facts.thinkingEstimateTokens ?? 0);
    if (!this.#facts.thinkingSeen && seen === 0) return unknownFigure;
    return this.#facts.thinkingHidden ? atLeastFigure(seen) : estimatedFigure(seen);
  }

  #liveCost(): Figure {
    const cost = this.#record('client-gone', this.#chunkAtMs).cost.costNanoUsd;
    if (cost === null) return unknownFigure;
    return this.#facts.thinkingHidden ? atLeastFigure(cost) : estimatedFigure(cost);
  }

  /** The record as it stands. `end` null is a call in flight, whose figures are the interim ones. */
  #record(end: CallEnd | null, atMs: number | null): CallRecord {
    const head = this.#head;
    const settled = settleUsage({
      end: end ?? 'client-gone',
      httpStatus: this.#response?.httpStatus ?? null,
      facts: this.#facts,
      request: this.#request,
      countedVisibleTokens: this.#estimate(this.#counts.visibleTokens),
      countedThinkingTokens: this.#estimate(this.#counts.thinkingTokens),
      incomplete: this.#incomplete,
    });
    const { cost, partCosts } = this.#price(settled.parts);
    const durationMs = end === null || atMs === null ? null : Math.max(0, Math.round(atMs - head.startedAtMs));
    return {
      id: head.id,
      startedAtMs: head.startedAtMs,
      durationMs,
      // The two come from different clocks, so that a single chunk could come a millisecond after the end.
      ttftMs: this.#ttftMs === null ? null : Math.min(this.#ttftMs, durationMs ?? this.#ttftMs),
      workspaceId: head.workspaceId,
      taskId: head.taskId,
      agent: head.agent,
      session: this.#session ?? head.session ?? '',
      subAgent: head.subAgent,
      provider: head.provider,
      api: head.api,
      auth: head.auth,
      source: head.source ?? 'gateway',
      model: this.#model(),
      requestedModel: this.#request?.model ?? head.pathModel,
      effort: this.#request?.effort ?? null,
      status: settled.status,
      httpStatus: this.#response?.httpStatus ?? null,
      errorType: end === 'no-upstream' ? 'upstream_unreachable' : this.#facts.errorType,
      requestId: this.#response?.requestId ?? null,
      responseId: this.#facts.responseId,
      usage: settled.usage,
      parts: settled.parts.length > 1 ? settled.parts : [],
      thinkingAtLeastTokens: settled.thinkingAtLeastTokens,
      provenance: settled.provenance,
      cost,
      partCosts: settled.parts.length > 1 ? partCosts : [],
      problems: [...this.#problems],
    };
  }

  #price(parts: readonly UsagePart[]): { readonly cost: CallCost; readonly partCosts: readonly CallCost[] } {
    return priceCall(this.#deps.pricer(), parts, {
      provider: this.#head.provider,
      model: this.#model(),
      atMs: this.#head.startedAtMs,
      serviceTier: this.#facts.serviceTier,
      speed: this.#facts.speed ?? this.#request?.speed ?? null,
      inferenceGeo: placeNamed(this.#facts.inferenceGeo) ?? this.#head.region ?? null,
      billedNanoUsd: this.#facts.billedNanoUsd,
    });
  }

  /** Only a whole answer whose every billed token we saw teaches something. */
  #learnCalibration(record: CallRecord): void {
    const { usage } = record;
    if (record.status !== 'ok' || record.provenance !== 'reported' || this.#incomplete) return;
    if (usage.outputTokens === null || usage.thinkingTokens === null || record.parts.length > 0) return;
    const reported = usage.outputTokens - usage.thinkingTokens;
    this.#deps.calibrator.learn(record.model, this.#counts.visibleTokens, reported, record.startedAtMs);
  }
}

/** Anthropic's word for a place that it does not tell is no place: the path then knows better. */
function placeNamed(inferenceGeo: string | null): string | null {
  return inferenceGeo === 'not_available' ? null : inferenceGeo;
}
