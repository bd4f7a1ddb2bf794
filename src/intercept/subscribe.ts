import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Disposable } from '../domain/disposable.ts';
import type { CallWatcher } from './contract.ts';

/**
 * Follows channels. What a subscriber throws would surface as an uncaught exception of the whole host, so that nothing is let out; and a
 * subscriber that is gone stays silent even where a channel is just being published to.
 */
export function followChannels(
  watcher: Pick<CallWatcher, 'failed'>,
  listeners: Readonly<Record<string, (message: unknown) => void>>,
): Disposable {
  let isOn = true;
  const followed = Object.entries(listeners).map(([name, listener]) => {
    const onMessage = (message: unknown): void => {
      if (!isOn) return;
      try {
        listener(message);
      } catch (error) {
        report(watcher, error);
      }
    };
    subscribe(name, onMessage);
    return { name, onMessage };
  });
  return {
    dispose() {
      isOn = false;
      for (const { name, onMessage } of followed) unsubscribe(name, onMessage);
    },
  };
}

/** Runs something of ours inside somebody else's call: nothing that fails in it may reach them. */
export function quietly(watcher: Pick<CallWatcher, 'failed'>, run: () => void): void {
  try {
    run();
  } catch (error) {
    report(watcher, error);
  }
}

function report(watcher: Pick<CallWatcher, 'failed'>, error: unknown): void {
  try {
    watcher.failed(error);
  } catch {
    // A report that fails must not reach the caller either.
  }
}
