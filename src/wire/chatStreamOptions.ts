import { createJsonScanner, type JsonScan } from './jsonScan.ts';

/** Byte offsets in the body: first byte, and the byte after the last. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What a Chat Completions request says about streaming, and where its bytes would have to be changed. */
export interface ChatStreamOptions {
  readonly stream: boolean;
  /** The range of the value of `stream_options`, whatever its type. */
  readonly streamOptions: ByteRange | null;
  /** Null where it is absent or neither true nor false. */
  readonly includeUsage: boolean | null;
  /** The range of the value of `stream_options.include_usage`, whatever its type. */
  readonly includeUsageRange: ByteRange | null;
  /** The offset just after the first brace, or -1 where the body is not one whole JSON object and must be left alone. */
  readonly insertAt: number;
}

const nothingFound: ChatStreamOptions = {
  stream: false,
  streamOptions: null,
  includeUsage: null,
  includeUsageRange: null,
  insertAt: -1,
};

/** Reads a Chat body that is pushed in pieces, cut anywhere. */
export interface ChatStreamScanner {
  push(chunk: Uint8Array): void;
  end(): ChatStreamOptions;
}

/** Finds `stream` and `stream_options` at the top level of a Chat body. Linear, never throws; of duplicates the last one counts. */
export function createChatStreamScanner(): ChatStreamScanner {
  const scanner = createJsonScanner(['stream', 'stream_options', 'stream_options.include_usage']);
  return { push: (chunk) => scanner.push(chunk), end: () => optionsOf(scanner.end()) };
}

/** The same of a body that is there at once. A large one takes a while: on the byte path it is pushed as it comes. */
export function scanChatStreamOptions(body: Uint8Array): ChatStreamOptions {
  const scanner = createChatStreamScanner();
  scanner.push(body);
  return scanner.end();
}

function optionsOf({ status, topLevel, objectStart, values }: JsonScan): ChatStreamOptions {
  if (status !== 'whole' || topLevel !== 'object') return nothingFound;
  const options = values.get('stream_options');
  const include = values.get('stream_options.include_usage');
  return {
    stream: values.get('stream')?.value === true,
    streamOptions: options ? { start: options.start, end: options.end } : null,
    includeUsage: typeof include?.value === 'boolean' ? include.value : null,
    includeUsageRange: include ? { start: include.start, end: include.end } : null,
    insertAt: objectStart,
  };
}
