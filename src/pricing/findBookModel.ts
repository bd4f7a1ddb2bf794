import { type NormalisedModelId, normaliseModelId } from './normaliseModelId.ts';
import type { BookModel, BookSection, PriceBook } from './priceBook.ts';

/** A model of the book, and what the id said besides its name. */
export interface FoundModel {
  readonly section: string;
  readonly model: BookModel;
  /** The book's id that matched. */
  readonly id: string;
  /** The id asked for the model's fast mode with a suffix. */
  readonly fastSuffix: boolean;
  /** The id asked for OpenRouter's free variant of a model that the book has only with a price. */
  readonly freeVariant: boolean;
  readonly region: string | null;
}

export type ModelFinder = (provider: string, model: string) => FoundModel | null;

/** Spellings of sellers that differ from the book's sections. */
const SECTION_OF_PROVIDER: Readonly<Record<string, string>> = {
  chatgpt: 'openai',
  codex: 'openai',
  'openai-codex': 'openai',
  gemini: 'google',
  vertex: 'google',
  vertex_ai: 'google',
  'vertex-ai': 'google',
  'google-vertex': 'google',
  'google-code-assist': 'google',
  bedrock: 'aws',
  'amazon-bedrock': 'aws',
  xai: 'x-ai',
  grok: 'x-ai',
  copilot: 'github-copilot',
  github_copilot: 'github-copilot',
  moonshot: 'moonshotai',
  kimi: 'moonshotai',
  'z-ai': 'zai',
  'z.ai': 'zai',
  zhipu: 'zhipuai',
  bigmodel: 'zhipuai',
  mistralai: 'mistral',
  'azure-openai': 'azure',
  'fireworks-ai': 'fireworks',
  togetherai: 'together',
  'together-ai': 'together',
};

export function sectionOfProvider(provider: string): string {
  const key = provider.toLowerCase();
  return Object.hasOwn(SECTION_OF_PROVIDER, key) ? (SECTION_OF_PROVIDER[key] ?? key) : key;
}

/** The ids to look for, most exact first. */
export function candidatesOf(normalised: NormalisedModelId): readonly string[] {
  const { exact, dated, id, flags } = normalised;
  const plain = flags.region === 'global' ? [`global.${dated}`, `global.${id}`] : [];
  return [...new Set([exact, ...plain, dated, id])];
}

type Index = ReadonlyMap<string, BookModel>;

/** Of two models that claim one id the first counts, as in the catalogue. */
export function indexSection(section: BookSection): Index {
  const index = new Map<string, BookModel>();
  for (const model of section.models) for (const id of model.ids) if (!index.has(id)) index.set(id, model);
  return index;
}

type Match = Omit<FoundModel, 'section' | 'region'>;

function matchIn(index: Index, normalised: NormalisedModelId, section: string): Match | null {
  const { exact, flags } = normalised;
  const plain = { fastSuffix: false, freeVariant: false };
  const named = index.get(exact);
  if (named !== undefined) return { model: named, id: exact, ...plain };
  const freeVariant = flags.variant === 'free';
  if (freeVariant && section !== 'openrouter') return null;
  for (const id of candidatesOf(normalised)) {
    const model = index.get(id);
    if (model !== undefined) return { model, id, ...plain, freeVariant };
  }
  // Served in one region at a price that only the global profile is listed with: the modifier for regions makes up for it.
  const global = index.get(`global.${normalised.id}`);
  if (global !== undefined) return { model: global, id: `global.${normalised.id}`, ...plain };
  return matchWithoutSuffix(index, normalised);
}

/** A `-fast` counts only where the book knows what fast costs, an effort only where the plain model is known. */
function matchWithoutSuffix(index: Index, { id, flags }: NormalisedModelId): Match | null {
  if (flags.fast) {
    const plainId = id.slice(0, -'-fast'.length);
    const model = index.get(plainId);
    return model?.fast === undefined ? null : { model, id: plainId, fastSuffix: true, freeVariant: false };
  }
  if (flags.effortSuffix === null) return null;
  const plainId = id.slice(0, -flags.effortSuffix.length - 1);
  const model = index.get(plainId);
  return model === undefined ? null : { model, id: plainId, fastSuffix: false, freeVariant: flags.variant === 'free' };
}

/** Names come from outside, and may be many. */
const mostRemembered = 500;

/**
 * Finds models by exact id. The provider decides the section; a provider that the book does not know gets a price only where
 * exactly one first-party section has the model. There is no guess by family or by prefix.
 */
export function createModelFinder(book: PriceBook): ModelFinder {
  const indexes = new Map<string, Index>();
  const indexOf = (name: string): Index | null => {
    const known = indexes.get(name);
    if (known !== undefined) return known;
    const section = Object.hasOwn(book.sections, name) ? book.sections[name] : undefined;
    if (section === undefined) return null;
    const index = indexSection(section);
    indexes.set(name, index);
    return index;
  };

  const findIn = (name: string, normalised: NormalisedModelId): FoundModel | null => {
    const index = indexOf(name);
    const match = index === null ? null : matchIn(index, normalised, name);
    return match === null ? null : { ...match, section: name, region: normalised.flags.region };
  };

  const find: ModelFinder = (provider, model) => {
    const normalised = normaliseModelId(model);
    const name = sectionOfProvider(provider);
    const section = Object.hasOwn(book.sections, name) ? book.sections[name] : undefined;
    if (section !== undefined) {
      for (const candidate of [name, ...section.fallback]) {
        const found = findIn(candidate, normalised);
        if (found !== null) return found;
      }
      return null;
    }
    const found = Object.entries(book.sections)
      .filter(([, { firstParty }]) => firstParty)
      .flatMap(([candidate]) => findIn(candidate, normalised) ?? []);
    // A section resells the models of those it falls back on, so its price for one of them is not the maker's.
    const makers = found.filter(({ section: seller }) => {
      const resold = book.sections[seller]?.fallback ?? [];
      return !found.some((other) => resold.includes(other.section));
    });
    return makers.length === 1 ? (makers[0] ?? null) : null;
  };

  /** Imports ask for the same few models tens of thousands of times. */
  const found = new Map<string, FoundModel | null>();
  return (provider, model) => {
    const key = `${provider} ${model}`;
    let known = found.get(key);
    if (known === undefined) {
      if (found.size >= mostRemembered) found.clear();
      known = find(provider, model);
      found.set(key, known);
    }
    return known;
  };
}
