import type { CallEnd, CallHead, CallTap, GatewayObserver, ResponseHead } from './contract.ts';

/**
 * Stands between the byte path and an observer that may fail. What throws is dropped for the rest of its call and logged
 * once in a gateway's life; the bytes go on.
 */
export class GuardedObserver implements GatewayObserver {
  readonly #inner: GatewayObserver;
  readonly #log: (message: string) => void;
  #logged = false;

  constructor(inner: GatewayObserver, log: (message: string) => void) {
    this.#inner = inner;
    this.#log = log;
  }

  begin(head: CallHead): CallTap {
    return new GuardedTap(this.guard(() => this.#inner.begin(head)) ?? null, this);
  }

  unmetered(routeId: string, method: string, pathShape: string): void {
    this.guard(() => this.#inner.unmetered(routeId, method, pathShape));
  }

  /** Runs something of the observer's; undefined where it threw. */
  guard<T>(run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      this.report(error);
      return undefined;
    }
  }

  report(error: unknown): void {
    if (this.#logged) return;
    this.#logged = true;
    // The name alone: a message could quote what passed.
    const name = error instanceof Error ? error.name : typeof error;
    try {
      this.#log(`A meter part failed (${name}); calls go on unmetered where it does.`);
    } catch {
      // A log that fails must not reach the byte path either.
    }
  }
}

class GuardedTap implements CallTap {
  #inner: CallTap | null;
  readonly #guard: GuardedObserver;

  constructor(inner: CallTap | null, guard: GuardedObserver) {
    this.#inner = inner;
    this.#guard = guard;
  }

  requestBytes(chunk: Uint8Array): void {
    try {
      this.#inner?.requestBytes(chunk);
    } catch (error) {
      this.#drop(error);
    }
  }

  requestEnd(): void {
    try {
      this.#inner?.requestEnd();
    } catch (error) {
      this.#drop(error);
    }
  }

  responseHead(head: ResponseHead): void {
    try {
      this.#inner?.responseHead(head);
    } catch (error) {
      this.#drop(error);
    }
  }

  responseBytes(chunk: Uint8Array, atMs: number): void {
    try {
      this.#inner?.responseBytes(chunk, atMs);
    } catch (error) {
      this.#drop(error);
    }
  }

  end(end: CallEnd, atMs: number): void {
    try {
      this.#inner?.end(end, atMs);
    } catch (error) {
      this.#drop(error);
    }
    this.#inner = null;
  }

  #drop(error: unknown): void {
    this.#inner = null;
    this.#guard.report(error);
  }
}
