/** Imported runs that a budget stopped, which only a file can tell: their cost is a lower bound. Rows of before have none. */
export const schemaVersion5 = `
ALTER TABLE runs ADD COLUMN censored INTEGER NOT NULL DEFAULT 0;
`;
