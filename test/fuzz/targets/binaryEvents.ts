import { awsMessage } from '../../unit/wire/awsMessages.ts';
import { checkSame } from '../check.ts';
import { fuzzInput, piecesOf } from '../input.ts';
import { readChecked } from '../readResponse.ts';

/** AWS's binary events: their checksums are right, which no fuzzer would guess; names, payloads and what stands between are not. */
export async function fuzz(data: Buffer): Promise<void> {
  const input = fuzzInput(data);
  const api = input.choose(['bedrock-converse', 'bedrock-invoke'] as const);
  const first = input.byte();
  const size = 1 + input.byte();
  const messages = splitAt(input.rest(), separator).map((payload, index) => {
    const kind = payload[0] ?? 0;
    const body = payload.subarray(1);
    if (kind === 0) return body;
    const headers = {
      ':message-type': kind % 5 === 0 ? 'exception' : 'event',
      ':event-type': types[kind % types.length] ?? '',
    };
    if (api === 'bedrock-converse') return awsMessage(headers, body);
    const inBase64 = JSON.stringify({ bytes: body.toString('base64'), p: 'x'.repeat(index % 9) });
    return awsMessage({ ...headers, ':event-type': 'chunk' }, kind % 7 === 0 ? body : inBase64);
  });
  const stream = Buffer.concat(messages);
  const options = { api, contentType: 'application/vnd.amazon.eventstream', httpStatus: 200, contentEncoding: null };
  const whole = await readChecked(options, [stream]);
  checkSame(await readChecked(options, piecesOf(stream, first, size)), whole, 'it depends on how it is cut');
}

const separator = 0x1e;
const types = [
  'messageStart',
  'contentBlockStart',
  'contentBlockDelta',
  'contentBlockStop',
  'messageStop',
  'metadata',
  'chunk',
  'throttlingException',
];

function splitAt(bytes: Buffer, byte: number): Buffer[] {
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(byte); at !== -1; at = bytes.indexOf(byte, from)) {
    parts.push(bytes.subarray(from, at));
    from = at + 1;
  }
  return [...parts, bytes.subarray(from)];
}
