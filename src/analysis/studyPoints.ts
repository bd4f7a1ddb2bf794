import { NANO_USD_PER_USD } from '../domain/money.ts';
import type { StudyPoint } from './contract.ts';

interface Published {
  readonly inputUsd: number;
  readonly outputUsd: number;
  readonly costUsd: number;
  readonly visibleTokens: number;
}

function point(model: string, { inputUsd, outputUsd, costUsd, visibleTokens }: Published): StudyPoint {
  return {
    model,
    inputNanoUsdPerMtok: inputUsd * NANO_USD_PER_USD,
    outputNanoUsdPerMtok: outputUsd * NANO_USD_PER_USD,
    perThousandVisibleNanoUsd: ((costUsd * 1000) / visibleTokens) * NANO_USD_PER_USD,
  };
}

/**
 * The models of the study that named the effect, at its list prices of February 2026: what its benchmarks cost and the completion tokens less thinking that they
 * gave, summed over the tasks for which it published exact token counts (three to five of nine). Source: arXiv 2603.23971 v1, lchen001/pricing-reversal @69f5f1a, MIT.
 */
export const studyPoints: readonly StudyPoint[] = [
  point('GPT-5.2', { inputUsd: 1.75, outputUsd: 14, costUsd: 89.01467, visibleTokens: 349598 }),
  point('GPT-5 Mini', { inputUsd: 0.25, outputUsd: 2, costUsd: 9.81812, visibleTokens: 316966 }),
  point('Gemini 3.1 Pro', { inputUsd: 2, outputUsd: 12, costUsd: 398.772468, visibleTokens: 699308 }),
  point('Gemini 3 Flash', { inputUsd: 0.5, outputUsd: 3, costUsd: 36.42636, visibleTokens: 721935 }),
  point('Claude Opus 4.6', { inputUsd: 5, outputUsd: 25, costUsd: 78.047965, visibleTokens: 499647 }),
  point('Claude Haiku 4.5', { inputUsd: 1, outputUsd: 5, costUsd: 1.716333, visibleTokens: 325000 }),
  point('Kimi K2.5', { inputUsd: 0.6, outputUsd: 3, costUsd: 14.062149, visibleTokens: 192150 }),
  point('MiniMax-M2.5', { inputUsd: 0.3, outputUsd: 1.2, costUsd: 8.754922, visibleTokens: 185517 }),
];
