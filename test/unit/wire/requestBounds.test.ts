import { describe, expect, it } from 'vitest';
import { createRequestReader } from '../../../src/wire/requestReader.ts';

describe('request bodies', () => {
  it('of sixteen megabytes of image leave the words', async () => {
    const reader = createRequestReader({
      api: 'anthropic-messages',
      contentEncoding: null,
      pathModel: null,
      pathStream: null,
    });
    reader.push(Buffer.from('{"messages":[{"content":[{"data":"'));
    reader.push(Buffer.alloc(16 * 1024 * 1024, 'QUJD'));
    reader.push(Buffer.from('"},{"text":"what is this?"}]}],"model":"m"}'));
    const facts = await reader.end();
    expect(facts).toMatchObject({ model: 'm', problems: [] });
    expect(facts.textBytes).toBe('what is this?'.length + 'm'.length);
  });
});
