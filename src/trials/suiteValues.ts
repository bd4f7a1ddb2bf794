/** What stands under keys in YAML. */
export type Fields = Readonly<Record<string, unknown>>;

export function objectOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

/** Null for all that is no text, and for a blank one. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** Whether a key says nothing: it is missing, or has nothing after its colon. */
export function isLeftOut(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

/**
 * A sentence about what stands where a text is wanted, or null. YAML reads `true` and `12e5` as values of their own: taken for texts they
 * would not be what was written.
 */
export function textProblem(key: string, value: unknown): string | null {
  if (isLeftOut(value) || typeof value === 'string') return null;
  if (Array.isArray(value))
    return `"${key}" is a list, and a text is wanted.${key === 'check' ? ' Several are "checks".' : ''}`;
  if (typeof value === 'object') return `"${key}" has keys below it, and a text is wanted.`;
  return typeof value === 'boolean'
    ? `"${key}" is a yes or no in YAML, and a text is wanted: put it in quotes, "${value}".`
    : `"${key}" is a number in YAML, and a text is wanted: put it in quotes.`;
}
