import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readProviders, withBaseUrls } from '../../../src/agentSettings/providerTexts.ts';

const ours = '"http://127.0.0.1:4711/token/agent-cline/anthropic"';

function providersOf(text: string) {
  const read = readProviders(text);
  if (read.kind === 'problem') throw new Error(read.text);
  return read.providers;
}

/** A file as Cline writes it, or as somebody has formatted it by hand. */
const settings = fc.record(
  {
    provider: fc.string(),
    apiKey: fc.string(),
    baseUrl: fc.webUrl(),
    nested: fc.record({ baseUrl: fc.string(), list: fc.array(fc.anything({ maxDepth: 1 })) }),
    model: fc.string(),
  },
  { requiredKeys: ['provider'] },
);
const file = fc
  .record({
    version: fc.constant(1),
    providers: fc.dictionary(
      fc.stringMatching(/^[a-z"\\{}-]{1,12}$/),
      fc.record({ settings, updatedAt: fc.string() }),
      { maxKeys: 5, noNullPrototype: true },
    ),
    modes: fc.constant({}),
  })
  .chain((value) => fc.constantFrom(0, 1, 2, '\t').map((indent) => JSON.stringify(value, null, indent)));

describe('base URLs in a settings file', () => {
  it('come out again without a trace, whatever the file and its form', () => {
    fc.assert(
      fc.property(file, (text) => {
        const before = providersOf(text);
        const changed = withBaseUrls(text, new Map([...before.keys()].map((id) => [id, ours])));
        for (const id of before.keys()) expect(providersOf(changed).get(id)?.baseUrlSource).toBe(ours);
        const back = new Map([...before].map(([id, { baseUrlSource }]) => [id, baseUrlSource]));
        expect(withBaseUrls(changed, back)).toBe(text);
      }),
    );
  });

  it('are the only thing that changes', () => {
    fc.assert(
      fc.property(file, (text) => {
        const changed = withBaseUrls(text, new Map([...providersOf(text).keys()].map((id) => [id, ours])));
        const parsed = JSON.parse(text) as { providers: Record<string, { settings: Record<string, unknown> }> };
        for (const id of providersOf(text).keys()) {
          const entry = parsed.providers[id];
          if (entry !== undefined) entry.settings['baseUrl'] = JSON.parse(ours);
        }
        expect(JSON.parse(changed)).toEqual(parsed);
      }),
    );
  });

  it('are found or refused in any text, without a throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(['providers', 'problem']).toContain(readProviders(text).kind);
      }),
    );
  });

  it.each([
    ['{"providers": {"a": {"settings": {"provider": "a"}}}', 'it is not the JSON that Cline writes'],
    ['[]', 'it is not the JSON that Cline writes'],
    [
      '{"providers": {"a": {"settings": {"provider": "a", "baseUrl": "b", "baseUrl": "c"}}}}',
      'it names something twice',
    ],
  ])('are not looked for in %s', (text, problem) => {
    expect(readProviders(text)).toEqual({ kind: 'problem', text: problem });
  });

  it.each([
    '{"providers": {"a": {"settings": {"provider": "a", "baseUrl": 5}}}}',
    '{"providers": {"a": {"settings": {"baseUrl": "https://first.example", "provider": "a"}}}}',
    '{"providers": {"a": {"settings": {}}}}',
  ])('are left to their owner where Cline would not write them: %s', (text) => {
    expect(providersOf(text).size).toBe(0);
  });
});
