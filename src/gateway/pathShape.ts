/**
 * Reduces a path to its shape for a list of what was not metered: the query is dropped and every segment that may be an id, a
 * name or a secret becomes "*". A method after a colon stays, as in "/v1beta/models/*:countTokens".
 */
export function pathShape(path: string): string {
  const [bare = ''] = path.split('?', 1);
  return bare.split('/').slice(0, 12).map(segmentShape).join('/');
}

function segmentShape(segment: string): string {
  if (segment === '' || /^(?:[a-z][a-z_-]{1,23}|v\d{1,2}(?:alpha|beta)?\d?)$/.test(segment)) return segment;
  const method = /:[A-Za-z]{1,32}$/.exec(segment);
  return `*${method?.[0] ?? ''}`;
}
