import type { ModelInfo, Provider } from '@pydantic/genai-prices';
import { candidatesOf, indexSection } from '../../src/pricing/findBookModel.ts';
import { normaliseModelId } from '../../src/pricing/normaliseModelId.ts';
import type { BookModel, BookRates, BookRow, BookSection, PriceBook } from '../../src/pricing/priceBook.ts';
import { expandMatch } from './expandMatch.ts';
import type { PiCatalogue, PiModel, PiRates } from './piCatalogue.ts';
import type { ReviewedPrices } from './reviewedPrices.ts';
import { hasTokenRate, rowsOfModel } from './rowsOfCatalogue.ts';
import { SECTION_PLANS } from './sections.ts';

export const PI_SOURCE = 'pi-ai';
export const REVIEWED_SOURCE = 'reviewed';

export interface BookInput {
  readonly providers: readonly Provider[];
  /** The main catalogue's name, version and date. */
  readonly version: string;
  /** Null leaves out every model that only the second source has. */
  readonly pi: PiCatalogue | null;
  readonly reviewed: ReviewedPrices;
}

export interface BuiltBook {
  readonly book: PriceBook;
  /** Match rules that have no exact form, "section: rule". */
  readonly dropped: readonly string[];
}

interface DraftModel {
  readonly literals: readonly string[];
  readonly rows: readonly BookRow[];
  readonly source?: string;
  /** Stands for its literals alone, not for what they are called without region or date. */
  readonly exactOnly?: boolean;
}

/** The id that a catalogue's text is found by: `global.` rows of a cloud stay apart from its regional ones. */
function generalKey(text: string): string {
  const { dated, id, flags } = normaliseModelId(text);
  const general = id === '' ? dated : id;
  return flags.region === 'global' ? `global.${general}` : general;
}

function isUndatedSpelling(text: string): boolean {
  const { exact, id } = normaliseModelId(text);
  return exact === id;
}

/**
 * Gives each model the fewest exact ids that all its texts are found by: a general one, and the text itself only where the
 * general one belongs to another price (a dated snapshot that cost more).
 */
function assignIds(drafts: readonly DraftModel[]): readonly BookModel[] {
  const owners = new Map<string, number>();
  const claim = (key: string, owner: number): void => {
    if (key !== '' && !owners.has(key)) owners.set(key, owner);
  };
  const entries = [...drafts.entries()];
  for (const [owner, { literals, exactOnly }] of entries)
    for (const text of literals) if (exactOnly === true) claim(normaliseModelId(text).exact, owner);
  for (const [owner, { literals, exactOnly }] of entries)
    for (const text of literals) if (exactOnly !== true && isUndatedSpelling(text)) claim(generalKey(text), owner);
  for (const [owner, { literals, exactOnly }] of entries)
    for (const text of literals) if (exactOnly !== true) claim(generalKey(text), owner);

  const sameRows = (a: number | undefined, b: number): boolean =>
    a !== undefined && JSON.stringify(drafts[a]?.rows) === JSON.stringify(drafts[b]?.rows);
  for (const [owner, { literals }] of entries) {
    for (const text of literals) {
      const found = candidatesOf(normaliseModelId(text)).find((id) => owners.has(id));
      if (found === undefined || !sameRows(owners.get(found), owner)) claim(normaliseModelId(text).exact, owner);
    }
  }
  return drafts.flatMap(({ rows, source, literals }, owner) => {
    const ids = [...owners].filter(([, claimed]) => claimed === owner).map(([id]) => id);
    const first = ids.find((id) => id === generalKey(literals[0] ?? ''));
    const ordered = first === undefined ? ids : [first, ...ids.filter((id) => id !== first)];
    return ids.length === 0 ? [] : [{ ids: ordered, rows, ...(source === undefined ? {} : { source }) }];
  });
}

function correctedRows(section: string, model: ModelInfo, reviewed: ReviewedPrices): readonly BookRow[] {
  const rows = rowsOfModel(model);
  const correction = reviewed.corrections.find((entry) => entry.section === section && entry.model === model.id);
  return correction === undefined ? rows : rows.map((row) => ({ ...row, ...correction.set }));
}

/** OpenRouter's free variant of a model that may have a price as well: its zero must never stand for the plain id. */
function isFreeVariant(model: ModelInfo): boolean {
  return model.id.endsWith(':free');
}

function isReviewedFree(section: string, model: ModelInfo, reviewed: ReviewedPrices): boolean {
  return reviewed.free.some((entry) => entry.section === section && entry.models.includes(model.id));
}

const ZERO_ROW: BookRow = { input: 0, output: 0 };

function draftsOfCatalogue(section: string, provider: Provider, reviewed: ReviewedPrices) {
  const dropped: string[] = [];
  const drafts = provider.models.flatMap((model): DraftModel[] => {
    const rows = correctedRows(section, model, reviewed);
    const priced = rows.every(hasTokenRate);
    if (!priced && !isFreeVariant(model) && !isReviewedFree(section, model, reviewed)) return [];
    const match = expandMatch(model.match);
    dropped.push(...match.dropped.map((rule) => `${section}: ${rule}`));
    if (match.ids.length === 0) return [];
    // A cloud's regional rows carry a made-up name; what they match is the id.
    const literals = model.id.startsWith('regional.') ? match.ids : [model.id, ...match.ids];
    if (!priced && isFreeVariant(model))
      return [{ literals: literals.filter((text) => text.endsWith(':free')), rows: [ZERO_ROW], exactOnly: true }];
    return [{ literals, rows: priced ? rows : [ZERO_ROW] }];
  });
  return { drafts, dropped };
}

function ratesOfPi(rates: PiRates): BookRates {
  return {
    input: rates.input,
    output: rates.output,
    ...(rates.cacheRead > 0 ? { cacheRead: rates.cacheRead } : {}),
    ...(rates.cacheWrite > 0 ? { cacheWrite5m: rates.cacheWrite } : {}),
  };
}

/** A row of the second source; null where it has no price, which it writes as zero. */
export function rowOfPi({ cost }: PiModel): BookRow | null {
  if (cost === undefined || (cost.input === 0 && cost.output === 0)) return null;
  const tiers = cost.tiers?.map((tier) => ({ above: tier.inputTokensAbove, ...ratesOfPi(tier) })) ?? [];
  return { ...ratesOfPi(cost), ...(tiers.length > 0 ? { tiers } : {}) };
}

function isRegional(text: string): boolean {
  const { region } = normaliseModelId(text).flags;
  return region !== null && region !== 'global';
}

/**
 * The second source's models that a section's own catalogue does not find. Of a cloud's model with and without a region the
 * regional one counts, as in the main catalogue: the bare id is not sold at the global price.
 */
function draftsOfPi(section: string, own: readonly BookModel[], input: BookInput): readonly DraftModel[] {
  const { pi, reviewed } = input;
  const plan = SECTION_PLANS[section];
  if (pi === null || plan === undefined) return [];
  const index = indexSection({ firstParty: true, fallback: [], models: own });
  const refused = new Set(
    reviewed.notAdded.filter((entry) => entry.section === section).flatMap(({ models }) => models),
  );
  const models = plan.pi.flatMap((file) => pi.providers[file] ?? []);
  const regional = new Set(models.filter(({ id }) => isRegional(id)).map(({ id }) => generalKey(id)));
  return models.flatMap((model): DraftModel[] => {
    const row = rowOfPi(model);
    const known = candidatesOf(normaliseModelId(model.id)).some((id) => index.has(id));
    if (row === null || known || refused.has(model.id)) return [];
    if (!isRegional(model.id) && regional.has(generalKey(model.id))) return [];
    return [{ literals: [model.id], rows: [row], source: PI_SOURCE }];
  });
}

function withMultipliers(section: string, model: BookModel, reviewed: ReviewedPrices): BookModel {
  const multiplierOf = (list: ReviewedPrices['fast']): number | undefined =>
    list.find((entry) => entry.section === section && entry.models.some((id) => model.ids.includes(id)))?.multiplier;
  const fast = multiplierOf(reviewed.fast);
  const priority = multiplierOf(reviewed.priority);
  return { ...model, ...(fast === undefined ? {} : { fast }), ...(priority === undefined ? {} : { priority }) };
}

function buildSection(section: string, input: BookInput): { section: BookSection; dropped: readonly string[] } {
  const plan = SECTION_PLANS[section];
  const provider = input.providers.find(({ id }) => id === plan?.genai);
  if (plan === undefined || provider === undefined) throw new Error(`genai-prices has no provider for "${section}"`);
  const { drafts, dropped } = draftsOfCatalogue(section, provider, input.reviewed);
  const added = input.reviewed.additions
    .filter((entry) => entry.section === section)
    .map(({ ids, rows }): DraftModel => ({ literals: ids, rows, source: REVIEWED_SOURCE, exactOnly: true }));
  const own = assignIds([...added, ...drafts]);
  const ownIds = new Set(own.flatMap(({ ids }) => ids));
  const second = assignIds(draftsOfPi(section, own, input))
    .map((model) => ({ ...model, ids: model.ids.filter((id) => !ownIds.has(id)) }))
    .filter(({ ids }) => ids.length > 0);
  const models = [...own, ...second].map((model) => withMultipliers(section, model, input.reviewed));
  const fallback = (provider.fallback_model_providers ?? []).filter((id) => Object.hasOwn(SECTION_PLANS, id));
  return { section: { firstParty: plan.firstParty, fallback, models }, dropped };
}

/** Pure: the same sources and the same reviewed list always make the same book. */
export function buildPriceBook(input: BookInput): BuiltBook {
  const sections: Record<string, BookSection> = {};
  const dropped: string[] = [];
  for (const name of Object.keys(SECTION_PLANS)) {
    const built = buildSection(name, input);
    sections[name] = built.section;
    dropped.push(...built.dropped);
  }
  const sources: Record<string, string> = { [REVIEWED_SOURCE]: `${input.version}, reviewed` };
  if (input.pi !== null) sources[PI_SOURCE] = input.pi.version;
  return { book: { version: input.version, sources, sections }, dropped };
}
