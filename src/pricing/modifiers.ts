import type { PriceQuery } from './contract.ts';
import type { FoundModel } from './findBookModel.ts';

/** A rule of the seller on top of its list prices. Multiplies token rates; searches keep their price. */
export interface Modifier {
  readonly factor: number;
  /** For example "batch x0.5"; also says where a rule is known to exist but not by how much. */
  readonly words: string;
}

type ModifierQuery = Pick<PriceQuery, 'serviceTier' | 'speed' | 'inferenceGeo'>;

const FAST = 'fast';
const REGIONAL_UPLIFT = 1.1;

/** Major times hundred plus minor of a Claude id in its modern spelling (`claude-opus-4-6`), else null. */
function claudeVersion(id: string): number | null {
  const match = /^(?:global\.)?claude-[a-z]+-(\d{1,2})(?:-(\d{1,2}))?(?:-|$)/.exec(id);
  return match === null ? null : Number(match[1]) * 100 + Number(match[2] ?? 0);
}

function ofServiceTier(tier: string, found: FoundModel | null): Modifier | null {
  if (tier === 'batch') return { factor: 0.5, words: 'batch x0.5' };
  if (tier.endsWith('flex')) return { factor: 0.5, words: 'flex x0.5' };
  if (tier === 'ultrafast') return { factor: 1, words: 'ultrafast tier (price unknown, list price used)' };
  if (!tier.endsWith('priority') && tier !== FAST) return null;
  // Anthropic sells its priority tier as capacity that is paid beforehand: its tokens keep their list price.
  if (found?.section === 'anthropic') return null;
  const factor = found?.model.priority;
  if (factor === undefined) return { factor: 1, words: 'priority tier (price unknown, list price used)' };
  return { factor, words: `priority x${factor}` };
}

function ofSpeed(query: ModifierQuery, found: FoundModel | null): Modifier | null {
  const fast = query.speed?.toLowerCase() === FAST || found?.fastSuffix === true;
  if (!fast) return null;
  const factor = found?.model.fast;
  // A model that is sold as fast already carries the price in its own row.
  if (factor === undefined && found?.id.endsWith('-fast') === true) return null;
  if (factor === undefined) return { factor: 1, words: 'fast (price unknown, list price used)' };
  return { factor, words: `fast x${factor}` };
}

function isRegion(place: string | null): boolean {
  return place !== null && place !== '' && place !== 'global' && place !== 'not_available';
}

/**
 * What it costs extra to be served in one place. Bedrock's regional prices are rows of the book; only where it lists a model by
 * its global profile alone does the rule stand in. Claude costs more on Vertex by region since 4.5 and at Anthropic since 4.6.
 */
function ofRegion(query: ModifierQuery, found: FoundModel | null): Modifier | null {
  if (found === null) return null;
  const regional = { factor: REGIONAL_UPLIFT, words: `regional x${REGIONAL_UPLIFT}` };
  if (found.section === 'aws') return found.id.startsWith('global.') && found.region !== 'global' ? regional : null;
  const geo = query.inferenceGeo?.toLowerCase() ?? null;
  const version = claudeVersion(found.id) ?? 0;
  if (found.section === 'google') return version >= 405 && isRegion(found.region ?? geo) ? regional : null;
  if (found.section !== 'anthropic' || version < 406 || geo !== 'us') return null;
  return { factor: REGIONAL_UPLIFT, words: `US inference x${REGIONAL_UPLIFT}` };
}

/** Every modifier of a call, in the order that they are applied; all of them are factors, so the order changes no cost. */
export function modifiersOf(query: ModifierQuery, found: FoundModel | null): readonly Modifier[] {
  if (found?.freeVariant === true) return [{ factor: 0, words: 'free variant x0' }];
  const tier = query.serviceTier === null ? null : ofServiceTier(query.serviceTier.toLowerCase(), found);
  return [tier, ofSpeed(query, found), ofRegion(query, found)].filter((modifier) => modifier !== null);
}
