import type { ProviderId } from '../domain/api.ts';

/** They send the usage of every stream: to add what brings it would only hide from the client what it gets by itself. */
const unasked: ReadonlySet<ProviderId> = new Set(['mistral', 'openrouter']);

/** The first version of Azure's API that surely knows `stream_options`; before it the request was refused. */
const firstAzureVersion = '2024-09-01';

/**
 * Whether a streaming Chat request may be made to ask for its usage. Mistral, also on Vertex, even refuses a request that does; so
 * do old versions of Azure's API, whose streams then go without a reported usage.
 * `target` is path and query as they are requested.
 */
export function mayAskForUsage(provider: ProviderId, target: string): boolean {
  const [path = '', query = ''] = target.split('?', 2);
  if (unasked.has(provider) || /:(?:stream)?rawPredict$/i.test(path)) return false;
  if (provider !== 'azure') return true;
  const version = new URLSearchParams(query).get('api-version') ?? '';
  return !/^\d{4}-/.test(version) || version >= firstAzureVersion;
}
