import type { CallWatcher, HostTap, Seen, SeenRequest } from '../../../src/intercept/contract.ts';

/** What a hook told of one call. */
export interface SeenCall {
  readonly request: SeenRequest;
  readonly sent: Buffer[];
  readonly received: Buffer[];
  readonly events: string[];
  httpStatus: number | null;
  contentType: string | null;
}

export interface Recorder {
  readonly watcher: CallWatcher;
  readonly calls: SeenCall[];
  readonly failures: unknown[];
  /** How often a host was asked about. */
  asked(): number;
  /** Resolves when the call of that index has ended. */
  ended(index?: number): Promise<SeenCall>;
}

/** Records what hooks see of calls to these hosts, and may fail or refuse on demand. */
export function recorder(
  hosts: ReadonlySet<string>,
  options: {
    readonly refuse?: () => string | null;
    readonly fail?: () => void;
    readonly askReader?: () => boolean;
  } = {},
): Recorder {
  const calls: SeenCall[] = [];
  const failures: unknown[] = [];
  const waiting = new Set<() => void>();
  let asked = 0;
  const fail = options.fail ?? (() => undefined);
  const begin = (request: SeenRequest): Seen => {
    fail();
    const sentence = options.refuse?.() ?? null;
    if (sentence !== null) return { kind: 'refused', sentence };
    const call: SeenCall = { request, sent: [], received: [], events: [], httpStatus: null, contentType: null };
    calls.push(call);
    const tap: HostTap = {
      requestBytes(chunk) {
        call.sent.push(Buffer.from(chunk));
        fail();
      },
      requestEnd() {
        call.events.push('requestEnd');
        fail();
      },
      responseHead(httpStatus, field) {
        call.httpStatus = httpStatus;
        call.contentType = field('content-type') ?? null;
        fail();
      },
      responseBytes(chunk) {
        call.received.push(Buffer.from(chunk));
        fail();
      },
      gap() {
        call.events.push('gap');
        fail();
      },
      end(end) {
        if (!call.events.some((event) => event.startsWith('end '))) call.events.push(`end ${end}`);
        for (const tell of waiting) tell();
        fail();
      },
    };
    return { kind: 'observed', tap, askReader: options.askReader ?? null };
  };
  return {
    calls,
    failures,
    asked: () => asked,
    watcher: {
      isKnown(host) {
        asked += 1;
        return hosts.has(host.replace(/^https?:\/\//, ''));
      },
      begin,
      failed: (error) => failures.push(error),
    },
    ended(index = 0) {
      return new Promise((resolve) => {
        const look = (): void => {
          const call = calls[index];
          if (call?.events.some((event) => event.startsWith('end ')) !== true) return;
          waiting.delete(look);
          resolve(call);
        };
        waiting.add(look);
        look();
      });
    },
  };
}

export const sentText = (call: SeenCall): string => Buffer.concat(call.sent).toString('utf8');
export const receivedBytes = (call: SeenCall): Buffer => Buffer.concat(call.received);
