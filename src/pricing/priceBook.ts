/**
 * The price book as `priceBook.generated.json` holds it. Rates are USD per million tokens and searches USD per thousand, as
 * providers print them; everything is turned into integer nano-USD the moment that it is used.
 */
export interface BookRates {
  readonly input?: number;
  readonly output?: number;
  readonly cacheRead?: number;
  readonly cacheWrite5m?: number;
  readonly cacheWrite1h?: number;
  readonly webSearch?: number;
}

/** Rates of the whole request once its prompt, cache included, is longer than `above` tokens. */
export interface BookTier extends BookRates {
  readonly above: number;
}

/** Rates that hold from a UTC date on, or between two UTC times of each day. Of several that hold, the last one counts. */
export interface BookRow extends BookRates {
  readonly from?: string;
  /** "HH:MM" and "HH:MM", the second one excluded. */
  readonly between?: readonly [string, string];
  readonly tiers?: readonly BookTier[];
}

export interface BookModel {
  /** Exact ids, in lower case; the first one is the name shown. */
  readonly ids: readonly string[];
  readonly rows: readonly BookRow[];
  /** Key of the book's `sources`; the main catalogue where absent. */
  readonly source?: string;
  /** Multiplier of every token rate for Anthropic's `speed: "fast"`. */
  readonly fast?: number;
  /** Multiplier of every token rate for OpenAI's priority tier. */
  readonly priority?: number;
}

/** One seller's prices. */
export interface BookSection {
  /** Sells its own models: such sections may price a model whose seller is not known. */
  readonly firstParty: boolean;
  /** Sections that this seller's missing models are looked up in. */
  readonly fallback: readonly string[];
  readonly models: readonly BookModel[];
}

export interface PriceBook {
  /** The main catalogue's name, version and date. */
  readonly version: string;
  /** Name, version and date of each other source that a model may name. */
  readonly sources: Readonly<Record<string, string>>;
  readonly sections: Readonly<Record<string, BookSection>>;
}

/** Loads the book that is bundled with Outlay; the first call pays for it (a few milliseconds), the bundler keeps it out of start-up. */
export async function loadPriceBook(): Promise<PriceBook> {
  const { default: book } = await import('./priceBook.generated.json', { with: { type: 'json' } });
  const checked: unknown = book;
  if (!isPriceBook(checked)) throw new Error('The bundled price book is damaged; reinstall Outlay.');
  return checked;
}

/**
 * A shallow check, enough to tell a price book from another file: the bundled one is written and tested with this code.
 * A book from anywhere else needs every number checked first.
 */
function isPriceBook(value: unknown): value is PriceBook {
  return (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    typeof value.version === 'string' &&
    'sources' in value &&
    'sections' in value &&
    typeof value.sections === 'object'
  );
}
