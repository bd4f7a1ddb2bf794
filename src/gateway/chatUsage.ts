import type { ByteRange, ChatStreamOptions } from '../wire/chatStreamOptions.ts';

/** Replaces `range` of a body with `text`. */
export interface BodyPatch {
  readonly range: ByteRange;
  readonly text: string;
}

const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * The smallest change that makes a streaming Chat request ask for its usage; null where it asks already, does not stream, or
 * has `stream_options` of a kind that only the provider should judge.
 */
export function usagePatch(body: Uint8Array, scan: ChatStreamOptions): BodyPatch | null {
  if (!scan.stream || scan.includeUsage === true) return null;
  if (scan.includeUsageRange !== null) return { range: scan.includeUsageRange, text: 'true' };
  const options = scan.streamOptions;
  if (options === null) return insertion(scan.insertAt, '"stream_options":{"include_usage":true},');
  if (body[options.start] !== openBrace) {
    const isNull = Buffer.from(body.subarray(options.start, options.end)).toString('latin1') === 'null';
    return isNull ? { range: options, text: '{"include_usage":true}' } : null;
  }
  let next = options.start + 1;
  while (next < options.end && (body[next] as number) <= 0x20) next += 1;
  return insertion(options.start + 1, `"include_usage":true${body[next] === closeBrace ? '' : ','}`);
}

/** The pieces of a patched body, in order; the long ones are views, not copies. */
export function patchedPieces(body: Uint8Array, { range, text }: BodyPatch): Uint8Array[] {
  return [body.subarray(0, range.start), Buffer.from(text, 'latin1'), body.subarray(range.end)];
}

/** The same for several changes, which must not overlap; those at one place come out in the order given. */
export function patchedBody(body: Uint8Array, patches: readonly BodyPatch[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const { range, text } of patches.toSorted((a, b) => a.range.start - b.range.start)) {
    pieces.push(body.subarray(at, range.start), Buffer.from(text, 'latin1'));
    at = range.end;
  }
  return [...pieces, body.subarray(at)].filter((piece) => piece.length > 0);
}

function insertion(at: number, text: string): BodyPatch {
  return { range: { start: at, end: at }, text };
}
