import { apiKinds } from '../../../src/domain/api.ts';
import { HideUsageChunk } from '../../../src/gateway/hideUsageChunk.ts';
import { createChatStreamScanner, scanChatStreamOptions } from '../../../src/wire/chatStreamOptions.ts';
import type { RequestFacts } from '../../../src/wire/contract.ts';
import { parseJson } from '../../../src/wire/json.ts';
import { createJsonScanner, type JsonScan } from '../../../src/wire/jsonScan.ts';
import { createRequestReader } from '../../../src/wire/requestReader.ts';
import { check, checkFigure, checkSame, checkUnpolluted } from '../check.ts';
import { fuzzInput, piecesOf } from '../input.ts';

/** Bodies of requests, and the scanner and the filter that stand on the byte path. */
export async function fuzz(data: Buffer): Promise<void> {
  const input = fuzzInput(data);
  const api = input.choose(apiKinds);
  const first = input.byte();
  const size = 1 + input.byte();
  const body = input.rest();
  const pieces = piecesOf(body, first, size);
  const read = async (parts: readonly Uint8Array[]): Promise<RequestFacts> => {
    const reader = createRequestReader({ api, contentEncoding: null, pathModel: null, pathStream: null });
    for (const part of parts) reader.push(part);
    return reader.end();
  };
  const facts = await read([body]);
  checkSame(await read(pieces), facts, 'it depends on how it is cut');
  checkFigure(facts.maxOutputTokens, 'the most output');
  checkFigure(facts.textBytes, 'the length of the text');
  check(facts.textBytes <= body.length, 'there is more text than body');
  check((facts.session?.length ?? 0) <= 256, 'the session is too long');
  checkScan(body, pieces);
  checkFilter(body, pieces);
  checkUnpolluted();
}

function scanned(parts: readonly Uint8Array[]): JsonScan {
  const scanner = createJsonScanner(['model', 'stream', 'a.b']);
  for (const part of parts) scanner.push(part);
  return scanner.end();
}

/** Whole is what JSON.parse takes, and what is found is what it finds; the places of values hold just these values. */
function checkScan(body: Buffer, pieces: readonly Uint8Array[]): void {
  const scan = scanned([body]);
  checkSame(scanned(pieces), scan, 'the scan depends on how it is cut');
  const chat = createChatStreamScanner();
  for (const piece of pieces) chat.push(piece);
  const options = scanChatStreamOptions(body);
  checkSame(chat.end(), options, 'the options of a stream depend on how it is cut');
  const text = body.toString('utf8');
  if (!Buffer.from(text).equals(body) || scan.status === 'too-deep') return;
  const value = parseJson(text.replace(/^\uFEFF/, ''));
  checkSame(scan.status === 'whole', value !== undefined, 'the scan takes what is no JSON, or refuses what is');
  if (value === undefined) return;
  for (const range of [options.streamOptions, options.includeUsageRange]) {
    if (range !== null)
      check(parseJson(body.toString('utf8', range.start, range.end)) !== undefined, 'a place is wrong');
  }
  if (options.insertAt >= 0) check(body[options.insertAt - 1] === 0x7b, 'the place for more is not after the brace');
  const expected = typeof value === 'object' && value !== null && 'stream' in value ? value.stream : undefined;
  checkSame(options.stream, expected === true && !Array.isArray(value), 'the stream is not what JSON.parse finds');
}

/** The filter takes whole events out and changes no other byte, wherever they are cut. */
function checkFilter(body: Buffer, pieces: readonly Uint8Array[]): void {
  const filtered = (parts: readonly Uint8Array[]): Buffer => {
    const out: Uint8Array[] = [];
    const filter = new HideUsageChunk((bytes) => out.push(bytes));
    for (const part of parts) filter.push(part);
    filter.end();
    return Buffer.concat(out);
  };
  const whole = filtered([body]);
  check(filtered(pieces).equals(whole), 'what is filtered depends on how it is cut');
  check(
    whole.length === body.length ? whole.equals(body) : body.includes('"choices"'),
    'the filter took something else',
  );
}
