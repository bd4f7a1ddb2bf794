import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib';
import type { WireProblem } from './contract.ts';

export interface DecompressorOptions {
  /** The Content-Encoding header: gzip, x-gzip, deflate (zlib or raw), br, zstd, up to five of them; null or identity for none. */
  readonly contentEncoding: string | null;
  readonly onData: (bytes: Uint8Array) => void;
  readonly onProblem: (problem: WireProblem) => void;
  readonly limits?: DecompressionLimits;
}

export interface DecompressionLimits {
  /** Decoding stops when a stage has produced more than this. */
  readonly maxBytes: number;
  /** Decoding stops when a stage has produced more than this many bytes per byte pushed, once it is past `ratioFromBytes`. */
  readonly maxRatio: number;
  readonly ratioFromBytes: number;
  /** Decoding stops when this much waits to be decoded. */
  readonly maxQueuedBytes: number;
}

export const defaultLimits: DecompressionLimits = {
  maxBytes: 256 * 1024 * 1024,
  maxRatio: 200,
  ratioFromBytes: 8 * 1024 * 1024,
  maxQueuedBytes: 64 * 1024 * 1024,
};

/**
 * Undoes the content encodings of one body, in bounded memory. Without encodings bytes go through at once, otherwise asynchronously
 * and in order. What was decoded before a problem stays; after one, nothing more comes. Pushed bytes must not be changed later.
 */
export interface Decompressor {
  push(bytes: Uint8Array): void;
  /** Resolves when everything that was pushed has come out or decoding has stopped. Never rejects. */
  end(): Promise<void>;
  stop(): void;
}

const maxEncodings = 5;
const outputChunkBytes = 64 * 1024;

export function createDecompressor(options: DecompressorOptions): Decompressor {
  const encodings = parseEncodings(options.contentEncoding);
  if (encodings === null) {
    options.onProblem({ code: 'unknown-encoding', detail: 'the content encoding is not one that can be decoded' });
    return { push: () => undefined, end: async () => undefined, stop: () => undefined };
  }
  return encodings.length === 0 ? createPassThrough(options) : createChain(encodings, options);
}

/** The encodings in the order in which they have to be undone; null when one is unknown or there are too many. */
function parseEncodings(header: string | null): readonly Encoding[] | null {
  const names = (header ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length > maxEncodings || !names.every(isEncoding)) return null;
  return names.filter(isEncoding).reverse();
}

const encodingNames = ['gzip', 'x-gzip', 'deflate', 'br', 'zstd'] as const;
type Encoding = (typeof encodingNames)[number];

function isEncoding(name: string): name is Encoding {
  return encodingNames.some((known) => known === name);
}

function createPassThrough({ onData }: DecompressorOptions): Decompressor {
  let stopped = false;
  return {
    push(bytes) {
      if (!stopped) onData(bytes);
    },
    end: async () => undefined,
    stop() {
      stopped = true;
    },
  };
}

/** Servers send both kinds as "deflate"; a zlib header names method 8 in its low bits, which no raw stream starts with. */
function openStream(encoding: Encoding, firstByte: number): Transform {
  const settings = { chunkSize: outputChunkBytes };
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip(settings);
    case 'deflate':
      return (firstByte & 0x0f) === 8 ? createInflate(settings) : createInflateRaw(settings);
    case 'br':
      return createBrotliDecompress(settings);
    case 'zstd':
      return createZstdDecompress(settings);
  }
}

interface Stage {
  /** False when the stage wants no more until `onDrain`. */
  write(bytes: Uint8Array): boolean;
  end(): void;
  destroy(): void;
  queuedBytes(): number;
}

interface StageEvents {
  readonly onData: (bytes: Uint8Array, pauser: Transform) => void;
  readonly onDrain: () => void;
  readonly onEnd: () => void;
  readonly onError: () => void;
}

function createStage(encoding: Encoding, events: StageEvents): Stage {
  let stream: Transform | null = null;
  function open(firstByte: number): Transform {
    const opened = openStream(encoding, firstByte);
    opened.on('data', (bytes: Buffer) => events.onData(bytes, opened));
    opened.on('drain', events.onDrain);
    opened.on('end', events.onEnd);
    opened.on('error', events.onError);
    return opened;
  }
  return {
    write(bytes) {
      if (bytes.length === 0) return true;
      stream ??= open(bytes[0] ?? 0);
      return stream.write(bytes);
    },
    end() {
      // Without a byte there is nothing to decode: the answer to HEAD, or a body that never came.
      if (stream === null) events.onEnd();
      else stream.end();
    },
    destroy() {
      stream?.destroy();
    },
    queuedBytes: () => stream?.writableLength ?? 0,
  };
}

function createChain(encodings: readonly Encoding[], options: DecompressorOptions): Decompressor {
  const limits = options.limits ?? defaultLimits;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let pushedBytes = 0;
  let stopped = false;

  function stop(): void {
    if (stopped) return;
    stopped = true;
    for (const stage of stages) stage.destroy();
    finish();
  }

  function giveUp(problem: WireProblem): void {
    if (stopped) return;
    stop();
    options.onProblem(problem);
  }

  const paused: (Transform | null)[] = encodings.map(() => null);
  const stages = encodings.map((encoding, index) => {
    let producedBytes = 0;
    return createStage(encoding, {
      onData(bytes, stream) {
        if (stopped) return;
        producedBytes += bytes.length;
        if (isTooLarge(producedBytes, pushedBytes, limits)) {
          return giveUp({ code: 'too-large', detail: 'the decoded body is too large' });
        }
        const next = stages[index + 1];
        if (next === undefined) return options.onData(bytes);
        if (next.write(bytes)) return;
        paused[index] = stream;
        stream.pause();
      },
      onDrain() {
        const source = paused[index - 1];
        if (!source) return;
        paused[index - 1] = null;
        source.resume();
      },
      onEnd() {
        const next = stages[index + 1];
        if (next === undefined) finish();
        else next.end();
      },
      onError() {
        giveUp({ code: 'bad-encoding', detail: 'the compressed body is corrupt or was cut' });
      },
    });
  });

  return {
    push(bytes) {
      if (stopped) return;
      pushedBytes += bytes.length;
      stages[0]?.write(bytes);
      if ((stages[0]?.queuedBytes() ?? 0) > limits.maxQueuedBytes) {
        giveUp({ code: 'too-large', detail: 'too much of the body waits to be decoded' });
      }
    },
    end() {
      if (!stopped) stages[0]?.end();
      return finished;
    },
    stop,
  };
}

function isTooLarge(producedBytes: number, pushedBytes: number, limits: DecompressionLimits): boolean {
  if (producedBytes > limits.maxBytes) return true;
  return producedBytes > limits.ratioFromBytes && producedBytes > limits.maxRatio * pushedBytes;
}
