import { join } from 'node:path';
import { unknownUsage } from '../../domain/usage.ts';
import { field, type JsonObject, nameField } from '../../wire/json.ts';
import { type LinesFormat, plainObservation, type Reader, type ReadSink } from '../contract.ts';
import { countField, instantOf } from '../counts.ts';
import { namedFolder } from '../homePaths.ts';
import { sellerOf } from '../providers.ts';

const format: LinesFormat = {
  kind: 'lines',
  needles: ['"generatedTokens"'],
  open: () => ({ line: pushTokens, state: () => null }),
};

/** Continue. README.md beside this file tells the shapes. */
export const continueDev: Reader = {
  agent: 'continue',
  title: 'Continue',
  variables: ['CONTINUE_GLOBAL_DIR'],
  paths: (place) => [
    {
      path: join(namedFolder(place, 'CONTINUE_GLOBAL_DIR') ?? join(place.homeDir, '.continue'), 'dev_data'),
      maxDepth: 1,
      accepts: (relativePath) => relativePath.endsWith('tokensGenerated.jsonl'),
      format,
    },
  ],
};

/** Continue counts for itself, and does not say which session asked: the day stands for it. */
function pushTokens(record: JsonObject, sink: ReadSink): void {
  const input = countField(record, 'promptTokens', sink);
  const output = countField(record, 'generatedTokens', sink);
  if ((input ?? 0) + (output ?? 0) === 0) return;
  const atMs = instantOf(field(record, 'timestamp'));
  if (atMs === null) {
    sink.problem({ code: 'unexpected-shape', detail: 'a count has no time' });
    return;
  }
  const seller = sellerOf(nameField(record, 'provider'));
  const model = nameField(record, 'model') ?? 'unknown';
  sink.call({
    ...plainObservation,
    provider: seller.provider,
    api: seller.api,
    model,
    keys: { responseId: null, requestId: null, ownId: [atMs, model, input, output].join(' ') },
    session: new Date(atMs).toISOString().slice(0, 10),
    atMs,
    usage: { ...unknownUsage, inputTokens: input, outputTokens: output },
    provenance: 'estimated',
  });
}
