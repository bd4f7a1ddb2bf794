import type { ReconciledCall, SessionBothWays } from '../domain/reconcile.ts';

/** Requests of the control API about calls that were seen as they passed and in a log. */
export interface ReconcileControlMap {
  /** The newest first, at most 200. */
  readonly sessionsBothWays: {
    readonly params: Record<string, never>;
    readonly result: { readonly sessions: readonly SessionBothWays[] };
  };
  /** The calls of a session, oldest first; `session` as the wire or the log names it. */
  readonly reconcile: {
    readonly params: { readonly session: string };
    readonly result: { readonly calls: readonly ReconciledCall[] };
  };
}
