import type { Notice } from '../protocol/snapshot.ts';

/** Requests that cost nothing or are no model calls, by the end of their path's shape. */
const FREE = [
  '/count_tokens',
  ':countTokens',
  '/input_tokens',
  '/models',
  '/files',
  '/uploads',
  '/batch',
  '/cancel',
  '/hello',
  '/events',
  '/event_logging',
  ':loadCodeAssist',
  ':onboardUser',
];

/**
 * What the user reads about a request that was carried and not metered; null where it is known to cost nothing. Only a POST can
 * be a call to a model.
 */
export function unmeteredNotice(routeId: string, method: string, pathShape: string): Notice | null {
  if (method !== 'POST' || FREE.some((end) => pathShape.endsWith(end))) return null;
  return {
    id: `unmetered-${routeId}-${pathShape}`,
    severity: 'info',
    text: `Requests to POST ${pathShape} (${routeId}) are passed on but not metered: Outlay does not know this API.`,
  };
}
