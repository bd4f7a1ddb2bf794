/** Header fields that belong to one connection (RFC 9110, 7.6.1) and are never passed on. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** What a Connection field names no field by, and the fields that it may not take away: messages are framed and addressed by them. */
const neverNamed = new Set(['', 'close', 'keep-alive', 'host', 'content-length', 'transfer-encoding']);

/** Header fields that hold credentials: only a route's `auth` sees them. */
const credentials = new Set([
  'authorization',
  'x-api-key',
  'x-goog-api-key',
  'api-key',
  'x-amz-security-token',
  'cookie',
  'proxy-authorization',
]);

/** The values of a header field, of any case, in order. */
export function rawValues(raw: readonly string[], lowerName: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string;
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) values.push(raw[i + 1] as string);
  }
  return values;
}

/** Names in lower case with the first value of each. */
export function firstValues(raw: readonly string[]): Record<string, string> {
  const values: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    values[name] ??= raw[i + 1] as string;
  }
  return values;
}

export function withoutCredentials(values: Readonly<Record<string, string>>): Record<string, string> {
  const kept: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const name of Object.keys(values)) if (!credentials.has(name)) kept[name] = values[name] as string;
  return kept;
}

/** A query without `key`, which is Gemini's API key, and `access_token`, however they are escaped; the rest as sent. */
export function queryWithoutKey(query: string): string {
  if (query === '') return '';
  const kept = query
    .slice(1)
    .split('&')
    .filter((pair) => !/^(?:key|access_token)$/i.test(unescaped(pair.split('=', 1)[0] ?? '')));
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export interface RequestFraming {
  readonly host: string;
  /** Bytes of the body, "chunked", or null for no body at all. */
  readonly body: number | 'chunked' | null;
  readonly method: string;
}

/** The fields to send upstream: as they came, less hop-by-hop, with Host and framing made ours in their old places. */
export function upstreamRequestHeaders(raw: readonly string[], framing: RequestFraming): string[] {
  const named = connectionNames(raw);
  const out: string[] = [];
  let framed = false;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const lower = name.toLowerCase();
    // Node refuses to send a declared trailer that could never arrive, and with it the request.
    if (lower === 'trailer' && framing.body !== 'chunked') continue;
    if (lower === 'host') out.push(name, framing.host);
    else if (lower === 'te' && /(?:^|,)\s*trailers\s*(?:$|[,;])/i.test(value)) out.push(name, 'trailers');
    else if (lower === 'content-length' || lower === 'transfer-encoding') {
      if (!framed) pushFraming(out, framing);
      framed = true;
    } else if (lower !== 'expect' && !hopByHop.has(lower) && !named?.has(lower)) out.push(name, value);
  }
  if (!framed) pushFraming(out, framing);
  return out;
}

/** The fields to answer with: as they came, less hop-by-hop; framing is left to `chunked` and the fields' own length. */
export function clientResponseHeaders(
  raw: readonly string[],
  options: { readonly chunked: boolean; readonly dropped?: ReadonlySet<string> },
): string[] {
  const named = connectionNames(raw);
  const out: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string;
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || named?.has(lower) || options.dropped?.has(lower)) continue;
    // A declared trailer without chunked framing could never arrive.
    if (lower === 'trailer' && !options.chunked) continue;
    out.push(name, raw[i + 1] as string);
  }
  return out;
}

/** Pairs of a raw list, for `addTrailers`. */
export function headerPairs(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) pairs.push([raw[i] as string, raw[i + 1] as string]);
  return pairs;
}

function pushFraming(out: string[], { body, method }: RequestFraming): void {
  if (body === 'chunked') out.push('Transfer-Encoding', 'chunked');
  else if (body !== null) out.push('Content-Length', String(body));
  // Without a length Node would frame these as an empty chunked body, which some servers take amiss.
  else if (method !== 'GET' && method !== 'HEAD' && method !== 'DELETE') out.push('Content-Length', '0');
}

function connectionNames(raw: readonly string[]): Set<string> | null {
  let names: Set<string> | null = null;
  for (const value of rawValues(raw, 'connection')) {
    for (const part of value.split(',')) {
      const name = part.trim().toLowerCase();
      if (neverNamed.has(name)) continue;
      names ??= new Set();
      names.add(name);
    }
  }
  return names;
}
