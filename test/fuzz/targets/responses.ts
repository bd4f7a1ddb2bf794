import { apiKinds } from '../../../src/domain/api.ts';
import { checkSame } from '../check.ts';
import { fuzzInput, piecesOf } from '../input.ts';
import { readChecked } from '../readResponse.ts';

/** Bodies of responses in plain text, of every API, whole and cut. */
export async function fuzz(data: Buffer): Promise<void> {
  const input = fuzzInput(data);
  const api = input.choose(apiKinds);
  const [contentType, httpStatus] = input.choose(labels);
  const options = { api, contentType, httpStatus, contentEncoding: null };
  const first = input.byte();
  const size = 1 + input.byte();
  const body = input.rest();
  const whole = await readChecked(options, [body]);
  checkSame(await readChecked(options, piecesOf(body, first, size)), whole, 'it depends on how it is cut');
}

const labels = [
  ['text/event-stream', 200],
  ['application/json', 200],
  [null, 200],
  ['application/json', 400],
  ['application/vnd.amazon.eventstream', 200],
] as const;
