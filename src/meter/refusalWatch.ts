import type { RefusalReason } from '../gateway/contract.ts';
import { refusalNoticeId } from '../protocol/refusalNotice.ts';
import type { Notice } from '../protocol/snapshot.ts';

/** After an hour without another one, a notice is taken away. */
const QUIET_MS = 3_600_000;

export interface RefusalWatchParts {
  readonly port: () => number;
  readonly post: (notice: Notice) => void;
  readonly clear: (id: string) => void;
  /** QUIET_MS, unless a test says otherwise. */
  readonly quietMs?: number;
}

/**
 * Counts what was refused at the door and tells the user in one sentence a reason. Nothing of the request is told, since whoever makes
 * it must not choose what the user reads, and the sentence changes at the first and second one and at powers of ten only.
 */
export class RefusalWatch {
  readonly #parts: RefusalWatchParts;
  readonly #seen = new Map<RefusalReason, { count: number; readonly timer: NodeJS.Timeout }>();

  constructor(parts: RefusalWatchParts) {
    this.#parts = parts;
  }

  note(reason: RefusalReason): void {
    const known = this.#seen.get(reason);
    const seen = known ?? { count: 0, timer: this.#forgetLater(reason) };
    this.#seen.set(reason, seen);
    seen.count += 1;
    if (known !== undefined) seen.timer.refresh();
    const often = howOften(seen.count);
    if (often !== null) this.#parts.post(noticeOf(reason, this.#parts.port(), often));
  }

  close(): void {
    for (const { timer } of this.#seen.values()) clearTimeout(timer);
    this.#seen.clear();
  }

  #forgetLater(reason: RefusalReason): NodeJS.Timeout {
    return setTimeout(() => {
      this.#seen.delete(reason);
      this.#parts.clear(refusalNoticeId(reason));
    }, this.#parts.quietMs ?? QUIET_MS).unref();
  }
}

/** Null where the words are still true. */
function howOften(count: number): string | null {
  if (count === 1) return 'once';
  if (count === 2) return 'more than once';
  return count >= 10 && Number.isInteger(Math.log10(count)) ? `${count} times or more` : null;
}

const sentences: Readonly<Record<RefusalReason, (port: number, often: string) => string>> = {
  token: (port, often) =>
    `Somebody reached Outlay's port ${port} without its token (${often}) and was refused. The port may be forwarded to another machine: nobody needs that, so stop forwarding it. A program that looks at the ports of this machine can be the cause, too.`,
  address: (port, often) =>
    `Somebody reached Outlay's port ${port} under an address that is not its own (${often}) and was refused. The port may be forwarded under another number or name: nobody needs that, so stop forwarding it.`,
  'web-page': (port, often) =>
    `A web page tried Outlay's port ${port} (${often}) and was refused. If you have opened that address yourself, close the page and stop forwarding the port.`,
  'other-user': (port, often) =>
    `Another user of this machine called Outlay's port ${port} with the address that Codex shows on its command line (${often}) and was refused.`,
};

function noticeOf(reason: RefusalReason, port: number, often: string): Notice {
  return { id: refusalNoticeId(reason), severity: 'warning', text: sentences[reason](port, often) };
}
