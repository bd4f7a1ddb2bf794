import type { ProviderId } from '../domain/api.ts';

/** The first version of Azure's API that surely knows `stream_options`; before it the request was refused. */
const firstAzureVersion = '2024-09-01';

/**
 * Whether a streaming Chat request may be made to ask for its usage. Mistral, also on Vertex, refuses members that it does not know
 * and sends the usage unasked; old versions of Azure's API refuse them too, and their streams then go without a reported usage.
 * `target` is path and query as they are requested.
 */
export function mayAskForUsage(provider: ProviderId, target: string): boolean {
  const [path = '', query = ''] = target.split('?', 2);
  if (provider === 'mistral' || path.endsWith('awPredict')) return false;
  if (provider !== 'azure') return true;
  const version = new URLSearchParams(query).get('api-version') ?? '';
  return !/^\d{4}-/.test(version) || version >= firstAzureVersion;
}
