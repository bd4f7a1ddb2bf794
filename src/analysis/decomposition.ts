import type { Decomposition, Factor, FactorShare } from './contract.ts';

/** What one model's work came to on the common tasks, in the units of `Decomposition`. All at least 0. */
export interface CostParts {
  /** Calls; null where unknown, then volumes are split a task instead of a call. */
  readonly calls: number | null;
  /** All prompt tokens, cached or not. */
  readonly promptTokens: number;
  /** What the prompt tokens came to; with no cache, tokens times list price. */
  readonly promptNanoUsd: number;
  readonly thinkingTokens: number;
  readonly visibleTokens: number;
  readonly inputNanoUsdPerMtok: number;
  readonly outputNanoUsdPerMtok: number;
  /** What was really paid. */
  readonly costNanoUsd: number;
}

const allFactors: readonly Factor[] = [
  'listPrice',
  'calls',
  'inputVolume',
  'cacheMix',
  'thinking',
  'visibleOutput',
  'billing',
];

type Factors = Readonly<Record<Factor, number>> & { readonly outputPrice: number };

/**
 * Splits ln(cost of a / cost of b) with no residual, from
 * cost = billing * calls * (input/call * cacheMix * inputPrice + thinking/call * outputPrice + visible/call * outputPrice).
 *
 * LMDI: each factor x adds the sum over the three cost parts c that it is in of L(c_a, c_b) / L(C_a, C_b) * ln(x_a / x_b), where
 * L(x, y) = (x - y) / (ln x - ln y) is the logarithmic mean; a part that is 0 in both adds nothing. Where a part is 0 in one model only the
 * logarithm does not exist, and Shapley values of ln C are taken instead: each factor's mean step over all orders of swapping the factors.
 * Null where a cost is 0, or where a mixture of both would be. No unit. O(1), with Shapley 2^7 evaluations.
 * Sources: Ang, "The LMDI approach to decomposition analysis", Energy Policy 33 (2005); Shapley (1953).
 */
export function decompose(a: CostParts, b: CostParts, tasks: number): Decomposition | null {
  if (!(a.costNanoUsd > 0 && b.costNanoUsd > 0)) return null;
  const hasCalls = a.calls !== null && b.calls !== null && a.calls > 0 && b.calls > 0;
  const [fa, fb] = [factorsOf(a, hasCalls), factorsOf(b, hasCalls)];
  if (fa === null || fb === null) return null;
  const isWhole = partsOf(fa).every((part, index) => part > 0 === (partsOf(fb)[index] ?? 0) > 0);
  const values = isWhole ? lmdi(fa, fb) : shapley(fa, fb);
  if (values === null) return null;
  const factors = allFactors
    .filter((factor) => !(factor === 'calls' && !hasCalls))
    .map((factor): FactorShare => ({ factor, logRatio: values[factor], ratio: Math.exp(values[factor]) }))
    .filter(({ factor, logRatio }) => factor !== 'billing' || Math.abs(logRatio) > 1e-12);
  const raised = factors.reduce((sum, { logRatio }) => sum + Math.max(0, logRatio), 0);
  return {
    method: isWhole ? 'LMDI' : 'Shapley',
    logCostRatio: Math.log(a.costNanoUsd / b.costNanoUsd),
    factors,
    thinkingShareOfIncrease: raised > 0 ? Math.max(0, values.thinking) / raised : null,
    tasks,
  };
}

function factorsOf(parts: CostParts, hasCalls: boolean): Factors | null {
  const calls = hasCalls ? (parts.calls ?? 1) : 1;
  const listed = (parts.promptTokens * parts.inputNanoUsdPerMtok) / 1_000_000;
  const factors = {
    listPrice: parts.inputNanoUsdPerMtok,
    outputPrice: parts.outputNanoUsdPerMtok,
    calls,
    inputVolume: parts.promptTokens / calls,
    cacheMix: listed > 0 ? parts.promptNanoUsd / listed : 1,
    thinking: parts.thinkingTokens / calls,
    visibleOutput: parts.visibleTokens / calls,
    billing: 1,
  };
  const modelled = costOf(factors);
  return modelled > 0 ? { ...factors, billing: parts.costNanoUsd / modelled } : null;
}

function partsOf(f: Factors): readonly [input: number, thinking: number, visible: number] {
  const scale = (f.billing * f.calls) / 1_000_000;
  return [
    scale * f.inputVolume * f.cacheMix * f.listPrice,
    scale * f.thinking * f.outputPrice,
    scale * f.visibleOutput * f.outputPrice,
  ];
}

function costOf(f: Factors): number {
  return partsOf(f).reduce((sum, part) => sum + part, 0);
}

type Values = Record<Factor, number>;

function lmdi(a: Factors, b: Factors): Values | null {
  const whole = logarithmicMean(costOf(a), costOf(b));
  const [partsA, partsB] = [partsOf(a), partsOf(b)];
  const [input = 0, thinking = 0, visible = 0] = partsA.map(
    (part, index) => logarithmicMean(part, partsB[index] ?? 0) / whole,
  );
  const log = (name: keyof Factors, weight: number): number =>
    weight === 0 ? 0 : weight * Math.log(a[name] / b[name]);
  const all = input + thinking + visible;
  const values = {
    listPrice: log('listPrice', input) + log('outputPrice', thinking + visible),
    calls: log('calls', all),
    inputVolume: log('inputVolume', input),
    cacheMix: log('cacheMix', input),
    thinking: log('thinking', thinking),
    visibleOutput: log('visibleOutput', visible),
    billing: log('billing', all),
  };
  return Object.values(values).every(Number.isFinite) ? values : null;
}

/** The mean that turns a difference into a ratio of logs; 0 where either is 0. */
function logarithmicMean(x: number, y: number): number {
  if (x <= 0 || y <= 0) return 0;
  const logs = Math.log(x / y);
  // Near x = y both differences vanish; the mean is within logs^2 / 24 of the geometric one.
  return Math.abs(logs) < 1e-6 ? Math.sqrt(x * y) : (x - y) / logs;
}

function shapley(a: Factors, b: Factors): Values | null {
  const n = allFactors.length;
  const logs = Array.from({ length: 1 << n }, (_, chosen) => Math.log(costOf(mixture(a, b, chosen))));
  if (!logs.every(Number.isFinite)) return null;
  const weights = Array.from({ length: n }, (_, size) => (factorial(size) * factorial(n - size - 1)) / factorial(n));
  const values = allFactors.map((_, index) => {
    let value = 0;
    for (let chosen = 0; chosen < 1 << n; chosen++) {
      if (chosen & (1 << index)) continue;
      value += (weights[bitCount(chosen)] ?? 0) * ((logs[chosen | (1 << index)] ?? 0) - (logs[chosen] ?? 0));
    }
    return value;
  });
  return Object.fromEntries(allFactors.map((factor, index) => [factor, values[index] ?? 0])) as Values;
}

/** The factors in the set from `a`, the rest from `b`. */
function mixture(a: Factors, b: Factors, chosen: number): Factors {
  const from = (index: number): Factors => (chosen & (1 << index) ? a : b);
  return {
    listPrice: from(0).listPrice,
    outputPrice: from(0).outputPrice,
    calls: from(1).calls,
    inputVolume: from(2).inputVolume,
    cacheMix: from(3).cacheMix,
    thinking: from(4).thinking,
    visibleOutput: from(5).visibleOutput,
    billing: from(6).billing,
  };
}

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}

function bitCount(value: number): number {
  return value === 0 ? 0 : (value & 1) + bitCount(value >> 1);
}
