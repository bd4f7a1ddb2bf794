import type { CallRecord } from '../../domain/call.ts';
import type { Clock } from '../../domain/clock.ts';
import { printUsd } from '../../domain/format.ts';
import type { NanoUsd } from '../../domain/money.ts';
import type { NewsBoard } from './newsBoard.ts';

const WINDOW_MS = 10 * 60_000;
/** A session that goes on too fast is spoken of once in this time. */
const QUIET_MS = 30 * 60_000;
const KEPT_SESSIONS = 1000;
const MS_PER_HOUR = 3_600_000;

interface SessionPace {
  /** Costs with their instants, oldest first. */
  costs: readonly { readonly atMs: number; readonly costNanoUsd: NanoUsd }[];
  toldAtMs: number;
}

export interface RunawayWatchOptions {
  readonly clock: Clock;
  readonly news: NewsBoard;
  /** Null never warns of speed. */
  readonly alarmNanoUsdPerHour: () => NanoUsd | null;
}

/**
 * Warns in words when a session spends faster than the user's alarm, over ten minutes, or sends the same request again and again.
 * Subscription use is no bill and raises no alarm of speed.
 */
export class RunawayWatch {
  readonly #options: RunawayWatchOptions;
  readonly #paces = new Map<string, SessionPace>();

  constructor(options: RunawayWatchOptions) {
    this.#options = options;
  }

  booked({ session, agent, auth, cost, workspaceId, taskId }: CallRecord): void {
    const alarm = this.#options.alarmNanoUsdPerHour();
    if (alarm === null || auth === 'subscription' || cost.costNanoUsd === null) return;
    const nowMs = this.#options.clock.nowMs();
    const pace = this.#paceOf(session);
    const recent = pace.costs.filter(({ atMs }) => Math.abs(nowMs - atMs) < WINDOW_MS);
    pace.costs = [...recent, { atMs: nowMs, costNanoUsd: cost.costNanoUsd }];
    const sum = pace.costs.reduce((total, { costNanoUsd }) => total + costNanoUsd, 0);
    const perHour = Math.round((sum * MS_PER_HOUR) / WINDOW_MS);
    if (perHour <= alarm || Math.abs(nowMs - pace.toldAtMs) < QUIET_MS) return;
    pace.toldAtMs = nowMs;
    this.#options.news.post(`pace ${session}`, {
      kind: 'alarm',
      taskId,
      workspaceId,
      text: `${agent} is spending ${printUsd(perHour)} an hour (${printUsd(sum)} in the last ten minutes); your alarm is at ${printUsd(alarm)} an hour.`,
      extend: null,
    });
  }

  /** The same request came again, `times` in all, in ten minutes. */
  repeated(about: {
    readonly session: string;
    readonly agent: string;
    readonly workspaceId: string;
    readonly taskId: string | null;
    readonly times: number;
  }): void {
    const { session, agent, workspaceId, taskId, times } = about;
    this.#options.news.post(`repeat ${session}`, {
      kind: 'alarm',
      taskId,
      workspaceId,
      text: `${agent} has sent the same request ${times} times within ten minutes: it may be stuck in a loop.`,
      extend: null,
    });
  }

  #paceOf(session: string): SessionPace {
    const pace = this.#paces.get(session) ?? { costs: [], toldAtMs: Number.NEGATIVE_INFINITY };
    this.#paces.delete(session);
    this.#paces.set(session, pace);
    const oldest = this.#paces.keys().next();
    if (this.#paces.size > KEPT_SESSIONS && !oldest.done) this.#paces.delete(oldest.value);
    return pace;
  }
}
