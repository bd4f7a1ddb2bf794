import type { AuthKind, ProviderId } from '../../domain/api.ts';
import type { Amounts } from '../../domain/budget.ts';
import type { CalibrationState } from '../../domain/calibration.ts';
import type { CallRecord } from '../../domain/call.ts';
import type { QuotaWindow } from '../../domain/quota.ts';
import type { CallEnd, CallHead, ResponseHead } from '../../gateway/contract.ts';
import type { LiveCall } from '../../protocol/snapshot.ts';

/** What passed on the byte path, in order. Bytes are exact copies whose memory is handed over. */
export type ObservedItem =
  | { readonly kind: 'begin'; readonly head: CallHead }
  | { readonly kind: 'requestBytes'; readonly id: string; readonly bytes: Uint8Array }
  | { readonly kind: 'requestEnd'; readonly id: string }
  | { readonly kind: 'responseHead'; readonly id: string; readonly head: ResponseHead }
  | { readonly kind: 'responseBytes'; readonly id: string; readonly bytes: Uint8Array; readonly atMs: number }
  /** Bytes of this call were left out because the observer could not keep up. */
  | { readonly kind: 'gap'; readonly id: string }
  /** The agent of this call is known only now. */
  | { readonly kind: 'named'; readonly id: string; readonly agent: string }
  | { readonly kind: 'end'; readonly id: string; readonly end: CallEnd; readonly atMs: number };

export type ToObserver =
  | { readonly type: 'items'; readonly items: readonly ObservedItem[] }
  | { readonly type: 'priceOverrides'; readonly overrides: unknown; readonly requestId: number }
  | { readonly type: 'calibration'; readonly states: readonly CalibrationState[] }
  | { readonly type: 'drain'; readonly requestId: number };

export interface CountedCall {
  readonly id: string;
  readonly amounts: Amounts;
}

export interface RepeatedRequest {
  readonly workspaceId: string;
  readonly taskId: string | null;
  readonly agent: string;
  readonly session: string;
  /** How often it came within ten minutes. */
  readonly times: number;
}

/** How far a call's booking has come: begun, interim figures, finished. */
export type BookingStage = 'begin' | 'update' | 'finish';

export type FromObserver =
  | { readonly type: 'ready'; readonly bookVersion: string }
  | { readonly type: 'record'; readonly stage: BookingStage; readonly record: CallRecord }
  | { readonly type: 'live'; readonly calls: readonly LiveCall[] }
  /** What watched calls came to so far, each with all its dimensions; sent while they stream. */
  | { readonly type: 'counted'; readonly counts: readonly CountedCall[] }
  /** The same request came again in a session. */
  | { readonly type: 'repeated'; readonly repeat: RepeatedRequest }
  | { readonly type: 'calibration'; readonly states: readonly CalibrationState[] }
  | {
      readonly type: 'quota';
      readonly provider: ProviderId;
      readonly auth: AuthKind;
      readonly windows: readonly QuotaWindow[];
    }
  | { readonly type: 'consumed'; readonly bytes: number }
  | { readonly type: 'answer'; readonly requestId: number; readonly problems: readonly string[] };
