/**
 * What every call of the wire asks for when it ends: calls of logs without an id of the provider's, by their time, and what the host saw, by
 * its id. Without the first it went through all calls of the last seconds, which under load are thousands; without the second through
 * all calls of a server that gives every answer the same id.
 */
export const schemaVersion7 = `
CREATE INDEX calls_told_nameless ON calls (started_at_ms)
  WHERE source = 'transcript' AND response_id IS NULL AND request_id IS NULL;
CREATE INDEX observations_host ON observations (native_key, key_kind) WHERE source = 'host';
`;
