/**
 * Finds calls of logs without an id of the provider's by their time. Every call of the wire asks for one like it when it ends; without
 * this, it went through all calls of the last seconds, which under load are thousands.
 */
export const schemaVersion7 = `
CREATE INDEX calls_told_nameless ON calls (started_at_ms)
  WHERE source = 'transcript' AND response_id IS NULL AND request_id IS NULL;
`;
