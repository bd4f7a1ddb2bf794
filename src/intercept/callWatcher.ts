import type { Clock } from '../domain/clock.ts';
import type { HostBegin } from '../protocol/hostFeed.ts';
import { isCallPath, isLlmAuthority } from '../protocol/llmHosts.ts';
import { newCallId } from '../protocol/newCallId.ts';
import type { CallerGuess } from './callerGuess.ts';
import type { CallKind, CallWatcher, HostTap, Seen, SeenRequest } from './contract.ts';
import type { FeedCall } from './feedCall.ts';
import { maskedPath, requestFieldsOf, responseFieldsOf } from './headerFields.ts';

/** Answers that are remembered; when there are more hosts than this, all are asked anew. */
const KEPT_ANSWERS = 1000;

export interface CallWatcherOptions {
  readonly clock: Clock;
  readonly begin: (about: Omit<HostBegin, 'kind' | 'no'>) => FeedCall;
  /** Hosts ("host:port") of the user's own gateways, which are known as well. */
  readonly ownHosts: () => ReadonlySet<string>;
  /** The port of our gateway, whose calls are metered there; null while it is not known. */
  readonly gatewayPort: () => number | null;
  readonly findCaller: () => string | null;
  readonly guess: CallerGuess;
  /** What calls of an extension are shown as. */
  readonly nameOf: (caller: string) => string;
  /** Whether calls of this caller are to be looked at. */
  readonly mayObserve: (caller: string | null) => boolean;
  /** A call of this caller is being observed; told again where the caller is known only later. */
  readonly onSeen: (caller: string | null) => void;
  /** A call of such a kind began, whoever makes it. */
  readonly onKind: (kind: CallKind) => void;
  /** A sentence where a call of this caller must not leave; null lets it go. */
  readonly refusal: (seen: SeenRequest, caller: string | null) => string | null;
  readonly onFailure: (error: unknown) => void;
}

/** Tells calls of LLM APIs from everything else, and takes them to the feed. */
export function createCallWatcher(options: CallWatcherOptions): CallWatcher & { forgetHosts(): void } {
  const { clock, ownHosts, gatewayPort } = options;
  const known = new Map<string, boolean>();

  function judge(host: string): boolean {
    const schemeAt = host.indexOf('://');
    const authority = (schemeAt < 0 ? host : host.slice(schemeAt + 3)).toLowerCase();
    const port = gatewayPort();
    if (port !== null && authority.endsWith(`:${port}`) && /^(?:127\.0\.0\.1|localhost|\[::1\]):/.test(authority)) {
      return false;
    }
    return ownHosts().has(authority) || isLlmAuthority(authority);
  }

  function begin(seen: SeenRequest): Seen | null {
    if (!isCallPath(seen.method, seen.path)) {
      // What passes after this handshake is not told of.
      if (seen.field('sec-websocket-key') !== undefined) options.onKind('webSocket');
      return null;
    }
    const onStack = options.findCaller();
    if (onStack !== null) options.guess.learn(seen, onStack);
    const guessed = onStack === null ? options.guess.of(seen) : null;
    if (!options.mayObserve(onStack ?? guessed?.caller ?? null)) return null;
    const caller = onStack ?? (guessed?.isKnown === true ? guessed.caller : null);
    options.onSeen(caller);
    if (seen.over === 'http2') options.onKind('http2');
    // Nothing can stop a stream over HTTP/2.
    const sentence = seen.over === 'http2' ? null : options.refusal(seen, caller);
    if (sentence !== null) return { kind: 'refused', sentence };
    const startedAtMs = clock.nowMs();
    const call = options.begin({
      id: newCallId(startedAtMs),
      startedAtMs,
      origin: seen.origin.toLowerCase(),
      method: seen.method,
      path: maskedPath(seen.path),
      fields: requestFieldsOf(seen.field),
      caller: caller === null ? null : options.nameOf(caller),
      probably: caller !== null || guessed === null ? null : options.nameOf(guessed.caller),
    });
    const tap = tapOf(call, { clock, startedAtMs });
    if (onStack !== null || seen.tellsReader !== true) return { kind: 'observed', tap, askReader: null };
    call.awaitName();
    return { kind: 'observed', tap, askReader: () => askReader(seen, { call, told: caller }) };
  }

  /** Whoever reads an answer has asked for it, whatever was told before. */
  function askReader(
    seen: SeenRequest,
    { call, told }: { readonly call: FeedCall; readonly told: string | null },
  ): boolean {
    const caller = options.findCaller();
    if (caller === null) return false;
    options.guess.learn(seen, caller);
    if (caller === told) {
      call.settle();
      return true;
    }
    // It was not to be looked at, which nobody could know: what follows is left out, and the call says that it is not whole.
    if (options.mayObserve(caller)) options.onSeen(caller);
    else call.leaveOut();
    call.named(options.nameOf(caller));
    return true;
  }

  return {
    isKnown(host) {
      const answer = known.get(host);
      if (answer !== undefined) return answer;
      if (known.size >= KEPT_ANSWERS) known.clear();
      const isLlm = host !== '' && judge(host);
      known.set(host, isLlm);
      return isLlm;
    },
    begin,
    failed: options.onFailure,
    forgetHosts: () => known.clear(),
  };
}

/** Copies what is shown to it: whoever owns a chunk may write into it as soon as we return. */
function tapOf(
  call: FeedCall,
  { clock, startedAtMs }: { readonly clock: Clock; readonly startedAtMs: number },
): HostTap {
  const startedMonotonicMs = clock.monotonicMs();
  // A clock that is set meanwhile bends no duration.
  const nowMs = (): number => startedAtMs + clock.monotonicMs() - startedMonotonicMs;
  return {
    requestBytes: (chunk) => call.requestBytes(new Uint8Array(chunk)),
    requestEnd: () => call.requestEnd(),
    responseHead: (httpStatus, field) => call.responseHead(httpStatus, responseFieldsOf(field), nowMs()),
    responseBytes: (chunk) => call.responseBytes(new Uint8Array(chunk), nowMs()),
    gap: () => call.gap(),
    end: (end) => call.end(end, nowMs()),
  };
}
