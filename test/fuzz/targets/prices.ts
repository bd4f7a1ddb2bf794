import { createPricer } from '../../../src/pricing/createPricer.ts';
import { matchesGlob } from '../../../src/pricing/matchesGlob.ts';
import { normaliseModelId } from '../../../src/pricing/normaliseModelId.ts';
import { loadPriceBook } from '../../../src/pricing/priceBook.ts';
import { check, checkFigure, checkSame, checkUnpolluted } from '../check.ts';
import { fuzzInput } from '../input.ts';

const loading = loadPriceBook().then((book) => createPricer({ book }));

/** Names of models and figures of usage against the committed book. */
export async function fuzz(data: Buffer): Promise<void> {
  const pricer = await loading;
  const input = fuzzInput(data);
  const count = (): number => input.byte() * 256 ** (input.byte() % 7);
  const usage = {
    inputTokens: input.byte() === 0 ? null : count(),
    outputTokens: input.byte() === 0 ? null : count(),
    cacheReadTokens: count(),
    cacheWrite5mTokens: count(),
    cacheWrite1hTokens: count(),
    thinkingTokens: input.byte() === 0 ? null : count(),
    webSearches: input.byte(),
    toolCalls: 0,
  };
  const billedNanoUsd = input.byte() < 200 ? null : count();
  const [provider = '', model = '', tier = '', speed = '', geo = ''] = input.rest().toString('utf8').split('\n');
  const atMs = Date.UTC(2026, 10, 22);
  const query = { provider, model, usage, atMs, serviceTier: tier, speed, inferenceGeo: geo, billedNanoUsd };
  const { costNanoUsd, split, provenance } = pricer.price(query);
  checkFigure(costNanoUsd, 'the cost');
  check((costNanoUsd === null) === (provenance === 'unpriced'), 'a cost and where it is from do not agree');
  if (split !== null) {
    for (const [name, part] of Object.entries(split)) checkFigure(part, name);
    const sum = split.inputNanoUsd + split.cacheNanoUsd + split.thinkingNanoUsd + split.outputNanoUsd;
    checkSame(sum, costNanoUsd, 'the parts do not add up to the cost');
  }
  const { id } = normaliseModelId(model);
  checkSame(normaliseModelId(id).id, id, 'an id that was normalised changes again');
  check(id.length <= model.length * 3 && id.length <= 256, 'an id grew');
  check(
    matchesGlob('*', model) && matchesGlob(model.replaceAll('*', '-'), model.replaceAll('*', '-')),
    'a name does not match itself',
  );
  checkUnpolluted();
}
