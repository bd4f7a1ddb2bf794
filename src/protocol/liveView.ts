import { atLeastFigure, estimatedFigure, exactFigure, type Figure, unknownFigure } from '../domain/figure.ts';
import { formatFigure, printDuration, printElapsed, printPercent } from '../domain/format.ts';
import { nowStrings } from './nowStrings.ts';
import { type Shown, shortenId, showTokens, showUsd } from './shown.ts';
import type { LiveCall } from './snapshot.ts';
import { authTag } from './spendView.ts';

export interface LiveCallView {
  readonly id: string;
  readonly model: string;
  readonly agent: string;
  readonly session: string;
  readonly fullSession: string;
  readonly tag: string | null;
  readonly phase: LiveCall['phase'];
  readonly phaseWord: string;
  readonly input: Shown;
  readonly thinking: Shown;
  readonly visible: Shown;
  readonly cost: Shown;
  readonly elapsed: string;
  readonly firstToken: string;
  readonly share: string;
  /** Null where the share is unknown: then there is no bar. */
  readonly shareFraction: number | null;
}

/** `nowMs` is the present by the meter's clock. */
export function liveCallView(call: LiveCall, nowMs: number): LiveCallView {
  const share = thinkingShare(call.thinkingTokens, call.visibleTokens);
  return {
    id: call.id,
    model: call.model,
    agent: call.agent,
    session: shortenId(call.session),
    fullSession: call.session,
    tag: authTag(call.auth),
    phase: call.phase,
    phaseWord: nowStrings.phase[call.phase],
    input: showTokens(call.inputTokens),
    thinking: showTokens(call.thinkingTokens),
    visible: showTokens(call.visibleTokens),
    cost: showUsd(call.costNanoUsd),
    elapsed: printElapsed(nowMs - call.startedAtMs),
    firstToken: call.ttftMs === null ? nowStrings.noFirstToken : nowStrings.firstToken(printDuration(call.ttftMs)),
    share:
      share.kind === 'unknown'
        ? nowStrings.thinkingShareUnknown
        : nowStrings.thinkingShare(formatFigure(share, printPercent)),
    shareFraction: share.kind === 'unknown' ? null : share.value,
  };
}

/**
 * The share of thinking in the output so far. More thinking raises it, so a lower bound of thinking gives a lower bound of the
 * share, but only where the visible part is no lower bound itself; two bounds bound nothing.
 */
export function thinkingShare(thinking: Figure, visible: Figure): Figure {
  if (thinking.kind === 'unknown' || visible.kind === 'unknown') return unknownFigure;
  const output = thinking.value + visible.value;
  if (output <= 0) return unknownFigure;
  const share = thinking.value / output;
  if (visible.kind === 'atLeast') return estimatedFigure(share);
  if (thinking.kind === 'atLeast') return share > 0 ? atLeastFigure(share) : unknownFigure;
  return thinking.kind === 'exact' && visible.kind === 'exact' ? exactFigure(share) : estimatedFigure(share);
}
