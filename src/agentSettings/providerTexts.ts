/**
 * Where the base URLs of providers stand in the text of a Cline settings file, so that one can be put in and taken out again without
 * touching any other byte: the file holds keys, and its form is its owner's.
 *
 *   {"providers": {"<id>": {"settings": {"provider": "<id>", "baseUrl": "https://...", ...}}}}
 */
export interface ProviderText {
  /** The value as it is written in JSON, quotes included; null where there is none. */
  readonly baseUrlSource: string | null;
  /** The value; null where there is none. */
  readonly baseUrl: string | null;
  /** `apiLine`, by which some providers are asked at another host; null where there is none. */
  readonly apiLine: string | null;
}

/** What is between two offsets of a text, and what follows the last value before it. */
interface Range {
  readonly start: number;
  readonly end: number;
}

interface Place {
  readonly member: (Range & { readonly valueStart: number; readonly previousEnd: number }) | null;
  /** Just after the last value of the settings, and the blanks that stand before its first member. */
  readonly lastEnd: number;
  readonly blank: string;
}

/** The providers of a settings file, or a sentence about why it is not understood. */
export type ReadProviders =
  | { readonly kind: 'providers'; readonly providers: ReadonlyMap<string, ProviderText> }
  | { readonly kind: 'problem'; readonly text: string };

const NOT_UNDERSTOOD = 'it is not the JSON that Cline writes';

export function readProviders(text: string): ReadProviders {
  const root = parse(text);
  const providers = root && asObject(root['providers']);
  if (!providers) return { kind: 'problem', text: NOT_UNDERSTOOD };
  const places = findPlaces(text);
  if (places === null) return { kind: 'problem', text: 'it names something twice' };
  const found = new Map<string, ProviderText>();
  for (const [id, entry] of Object.entries(providers)) {
    const settings = asObject(asObject(entry)?.['settings']);
    const place = places.get(id);
    if (!settings || !place) continue;
    const { baseUrl, apiLine } = settings as { readonly baseUrl?: unknown; readonly apiLine?: unknown };
    // One that is no text, or stands where Cline does not write it, is left to its owner.
    if (baseUrl !== undefined && (typeof baseUrl !== 'string' || place.member === null)) continue;
    found.set(id, {
      baseUrlSource: place.member === null ? null : text.slice(place.member.valueStart, place.member.end),
      baseUrl: baseUrl ?? null,
      apiLine: typeof apiLine === 'string' ? apiLine : null,
    });
  }
  return { kind: 'providers', providers: found };
}

/**
 * The text with some base URLs replaced, added or (null) taken out; providers that are not there are left out. Taking out what was
 * added gives the same bytes again.
 *
 * @param changes JSON source of the value, by provider.
 */
export function withBaseUrls(text: string, changes: ReadonlyMap<string, string | null>): string {
  const places = findPlaces(text) ?? new Map<string, Place>();
  const edits: (Range & { readonly text: string })[] = [];
  for (const [id, source] of changes) {
    const place = places.get(id);
    if (place === undefined) continue;
    const { member, lastEnd, blank } = place;
    if (source === null) {
      if (member !== null) edits.push({ start: member.previousEnd, end: member.end, text: '' });
    } else if (member === null) {
      edits.push({ start: lastEnd, end: lastEnd, text: `,${blank}"baseUrl": ${source}` });
    } else {
      edits.push({ start: member.valueStart, end: member.end, text: source });
    }
  }
  // From the end, so that the offsets of those before stay what they are.
  return edits
    .sort((a, b) => b.start - a.start)
    .reduce((result, edit) => result.slice(0, edit.start) + edit.text + result.slice(edit.end), text);
}

type JsonObject = Readonly<Record<string, unknown>>;

function parse(text: string): JsonObject | null {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

interface Frame {
  readonly isObject: boolean;
  /** The key of the member that is being read; null between members. */
  key: string | null;
  readonly seen: Set<string>;
  /** End of the last complete value, or of the opening bracket. */
  previousEnd: number;
  blank: string | null;
  isFirst: boolean;
  member: Place['member'];
}

/**
 * The places by provider; null where a key on the way stands twice, so that it is not sure which one counts. The text is known to be
 * valid JSON. Settings without any member are left out: Cline writes none.
 */
function findPlaces(text: string): ReadonlyMap<string, Place> | null {
  const places = new Map<string, Place>();
  const frames: Frame[] = [];
  const ends = (start: number, end: number): void => {
    const frame = frames.at(-1);
    if (frame === undefined) return;
    // The first member would leave its comma behind; such a file is not Cline's, which begins with the provider's name.
    if (frame.key === 'baseUrl' && !frame.isFirst) {
      frame.member = { start, end, valueStart: start, previousEnd: frame.previousEnd };
    }
    frame.key = null;
    frame.isFirst = false;
    frame.previousEnd = end;
  };
  let starts: number[] = [];
  let twice = false;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\[\s\S])*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    const frame = frames.at(-1);
    const end = index + token.length;
    if (token === '{' || token === '[') {
      starts.push(index);
      const isObject = token === '{';
      frames.push({ isObject, key: null, seen: new Set(), previousEnd: end, blank: null, isFirst: true, member: null });
    } else if (token === '}' || token === ']') {
      const closed = frames.pop();
      const [root, providers, entry] = frames.map(({ key }) => key);
      const isSettings = frames.length === 3 && root === 'providers' && entry === 'settings';
      if (isSettings && closed?.isObject === true && !closed.isFirst && typeof providers === 'string') {
        places.set(providers, { member: closed.member, lastEnd: closed.previousEnd, blank: closed.blank ?? '' });
      }
      ends(starts.at(-1) ?? 0, end);
      starts = starts.slice(0, -1);
    } else if (token === ',' || token === ':') {
      // What follows says what it is.
    } else if (frame?.isObject === true && frame.key === null) {
      frame.key = String(JSON.parse(token));
      frame.blank ??= text.slice(frame.previousEnd, index);
      twice ||= frame.seen.has(frame.key);
      frame.seen.add(frame.key);
    } else {
      ends(index, end);
    }
  }
  return twice ? null : places;
}
