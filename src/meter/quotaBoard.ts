import type { AuthKind, ProviderId } from '../domain/api.ts';
import type { Clock } from '../domain/clock.ts';
import type { QuotaWindow } from '../domain/quota.ts';
import type { ProviderQuota } from '../protocol/snapshot.ts';

/** Far more than any provider has; whatever names windows without end does not fill the memory. */
const MOST_WINDOWS = 12;
const MOST_ACCOUNTS = 32;
/** A window whose reset is this long past, or that was not told of for so long without one, is nothing to show any more. */
const FORGOTTEN_AFTER_MS = 8 * 24 * 3_600_000;

interface Account {
  readonly provider: ProviderId;
  readonly auth: AuthKind;
  readonly windows: Map<string, QuotaWindow>;
}

/**
 * What responses last told of subscription windows, by provider and kind of login. In memory only: a new meter knows nothing until
 * the next call. Two accounts at one provider cannot be told apart without their credentials: the latest response counts.
 */
export class QuotaBoard {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #accounts = new Map<string, Account>();

  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** A window that a response does not tell of stays as it was, with its own age: some are told of by some models only. */
  note(provider: ProviderId, auth: AuthKind, windows: readonly QuotaWindow[]): void {
    if (windows.length === 0) return;
    const account = this.#account(provider, auth);
    if (account === null) return;
    const nowMs = this.#clock.nowMs();
    for (const window of windows) {
      const known = account.windows.get(window.id);
      // After the clock was set back, what was known would be newer than all that comes.
      if (known && known.observedAtMs <= nowMs && known.observedAtMs > window.observedAtMs) continue;
      account.windows.set(window.id, window);
    }
    const oldestFirst = [...account.windows.values()].sort((a, b) => a.observedAtMs - b.observedAtMs);
    for (const { id } of oldestFirst.slice(0, -MOST_WINDOWS)) account.windows.delete(id);
    this.#onChange();
  }

  all(): readonly ProviderQuota[] {
    const nowMs = this.#clock.nowMs();
    const isFresh = (window: QuotaWindow): boolean =>
      nowMs - (window.resetsAtMs ?? window.observedAtMs) < FORGOTTEN_AFTER_MS;
    return [...this.#accounts.values()]
      .map(({ provider, auth, windows }) => ({ provider, auth, windows: [...windows.values()].filter(isFresh) }))
      .filter(({ windows }) => windows.length > 0);
  }

  clear(): void {
    this.#accounts.clear();
    this.#onChange();
  }

  #account(provider: ProviderId, auth: AuthKind): Account | null {
    const key = `${auth} ${provider}`;
    const known = this.#accounts.get(key);
    if (known) return known;
    if (this.#accounts.size >= MOST_ACCOUNTS) return null;
    const account = { provider, auth, windows: new Map<string, QuotaWindow>() };
    this.#accounts.set(key, account);
    return account;
  }
}
