import { createCallerFinder } from '../../src/intercept/callerFinder.ts';
import { CallerGuess } from '../../src/intercept/callerGuess.ts';
import { createCallWatcher } from '../../src/intercept/callWatcher.ts';
import type { CallWatcher } from '../../src/intercept/contract.ts';
import { FeedCall } from '../../src/intercept/feedCall.ts';

/** Observes as an extension host does, and knows none of the hosts that are called here. */
export function idleWatcher(): CallWatcher {
  return createCallWatcher({
    clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
    begin: (about) =>
      new FeedCall(
        { ...about, kind: 'begin', no: 1 },
        { send: () => true, mayKeep: () => false, onKept: () => undefined, onEnd: () => undefined },
      ),
    ownHosts: () => new Set(),
    gatewayPort: () => null,
    findCaller: createCallerFinder(() => []),
    guess: new CallerGuess({ running: () => [] }),
    onSeen: () => undefined,
    onKind: () => undefined,
    nameOf: (caller) => caller,
    mayObserve: () => true,
    refusal: () => null,
    onFailure: (error) => {
      throw error;
    },
  });
}
