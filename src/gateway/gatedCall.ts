import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createChatStreamScanner } from '../wire/chatStreamOptions.ts';
import type { RequestFacts } from '../wire/contract.ts';
import { createDecompressor, defaultLimits } from '../wire/decompressor.ts';
import { createRequestReader } from '../wire/requestReader.ts';
import { bufferBody } from './bodyBuffer.ts';
import { type BodyPatch, patchedBody, usagePatch } from './chatUsage.ts';
import type { CallGate, CallHead, CallTap, GateAnswer, GatePass } from './contract.ts';
import { bodyFraming, Exchange, type ExchangePlan, type ExchangeTools, type WatchedRequest } from './exchange.ts';
import { lowerMaxOutput } from './maxOutput.ts';
import { type RefusalQuestion, type RefusalShape, refusalFor } from './refusalShape.ts';
import { sendShape } from './refusals.ts';
import { watchedRequestHeaders } from './watchedHeaders.ts';

export interface GatedPlan {
  readonly gate: CallGate;
  /** The call as it is before the gate has answered. */
  readonly head: CallHead;
  readonly exchange: Omit<ExchangePlan, 'beginTap' | 'watched'>;
  readonly begin: (head: CallHead) => CallTap | null;
  readonly log: (message: string) => void;
}

/** What is known of a body that has been read whole. */
interface ReadBody {
  readonly body: Uint8Array;
  readonly facts: RequestFacts;
  readonly bodyBytes: number;
  /** The pieces of a compressed body as the provider reads it; null where it is not compressed. */
  readonly decoded: readonly Uint8Array[] | null;
  readonly usagePatch: BodyPatch | null;
}

interface SentBody {
  readonly pieces: readonly Uint8Array[];
  /** What is sent is no longer compressed. */
  readonly isDecoded: boolean;
}

/**
 * A call that may fall under a hard limit: its body is read whole, the gate is asked, and it is sent on or refused. Of a pass
 * `ended` is called last and once, however the call ends.
 */
export class GatedCall {
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #socket: Socket;
  readonly #plan: GatedPlan;
  readonly #tools: ExchangeTools;
  readonly #left = new AbortController();
  #exchange: Exchange | null = null;
  #pass: GatePass | null = null;
  /** The gate has answered: its signal is not for what happens after. */
  #answered = false;
  #stopMessage: string | null = null;

  constructor(ends: { req: IncomingMessage; res: ServerResponse }, plan: GatedPlan, tools: ExchangeTools) {
    this.#req = ends.req;
    this.#res = ends.res;
    this.#socket = ends.req.socket;
    this.#plan = plan;
    this.#tools = tools;
  }

  start(): void {
    this.#req.on('error', () => {});
    this.#res.on('error', () => {});
    this.#res.once('close', this.#closed);
    // A response that waits behind an earlier one on its connection has no "close" of its own.
    this.#socket.once('close', this.#closed);
    this.#readBody()
      .then((read) => this.#ask(read))
      .catch((error) => {
        // A defect of ours: nobody may wait for an answer that never comes.
        this.#report(error);
        this.#refuse(this.#shape({ message: unasked, isTemporary: true }));
        this.#endPass();
      });
  }

  /** Breaks the call off, at shutdown; its client's connection is closed with all the others. */
  cut(): void {
    this.#leave();
    this.#exchange?.cut();
  }

  readonly #closed = (): void => {
    this.#socket.off('close', this.#closed);
    this.#leave();
    this.#exchange?.clientGone();
  };

  #leave(): void {
    if (!this.#answered) this.#left.abort();
  }

  /** Never resolves where the request is answered here, or its client leaves first. */
  #readBody(): Promise<ReadBody> {
    const { head, exchange } = this.#plan;
    const { wholeBodyBytesMax } = this.#tools;
    return new Promise((resolve, reject) => {
      const framing = bodyFraming(this.#req);
      const declaredBytes = typeof framing === 'number' ? framing : null;
      if (declaredBytes !== null && declaredBytes > wholeBodyBytesMax) {
        this.#refuseTooLarge();
        return;
      }
      const chat = exchange.chat ? createChatStreamScanner() : null;
      const content = readContent(head, wholeBodyBytesMax);
      const finish = async (body: Uint8Array): Promise<void> => {
        const { problem, ...read } = await content.end();
        if (problem === null) resolve({ ...read, body, usagePatch: chat && usagePatch(body, chat.end()) });
        else if (problem === 'too-large') this.#refuseTooLarge();
        else this.#refuse(this.#shape({ message: unreadable }));
      };
      bufferBody(
        this.#req,
        { declaredBytes, maxBytes: wholeBodyBytesMax },
        {
          onChunk(chunk) {
            chat?.push(chunk);
            content.push(chunk);
          },
          onBody: (result) => {
            if (result.whole) finish(result.body).catch(reject);
            else this.#refuseTooLarge();
          },
        },
      );
    });
  }

  async #ask(read: ReadBody): Promise<void> {
    const { gate, head } = this.#plan;
    const { signal } = this.#left;
    if (signal.aborted) return;
    let answer: GateAnswer;
    try {
      answer = await gate.admit(head, { facts: read.facts, bodyBytes: read.bodyBytes }, signal);
      this.#answered = true;
    } catch (error) {
      this.#report(error);
      this.#refuse(this.#shape({ message: unasked, isTemporary: true }, read));
      return;
    }
    if (answer.kind === 'refused') this.#refuse(this.#shape(answer, read));
    else this.#admitted(answer, read);
  }

  #admitted(pass: GatePass, read: ReadBody): void {
    this.#pass = pass;
    const sent = this.#left.signal.aborted ? null : this.#bodyToSend(pass, read);
    if (sent === null) {
      this.#release(pass);
      this.#refuse(this.#shape({ message: unlowered }, read));
      return;
    }
    this.#guard(() => pass.onStop((message) => this.#stop(message)));
    if (this.#stopMessage !== null) {
      this.#release(pass);
      this.#refuse(this.#shape({ message: this.#stopMessage }, read));
      return;
    }
    this.#send(pass, read, sent);
  }

  #send(pass: GatePass, read: ReadBody, { pieces, isDecoded }: SentBody): void {
    const { exchange, head, begin } = this.#plan;
    const watched: WatchedRequest = {
      api: head.api,
      agent: head.agent,
      model: modelOf(head, read),
      seenBody: read.body,
      pieces,
      rawHeaders: watchedRequestHeaders(this.#req.rawHeaders, { mayStream: read.facts.stream !== false, isDecoded }),
      askedForUsage: read.usagePatch !== null,
      stopShape: (message) => this.#shape({ message }, read),
      onEnd: () => this.#endPass(),
    };
    const beginTap = () => begin({ ...head, taskId: pass.taskId, isWatched: true });
    const plan: ExchangePlan = { ...exchange, beginTap, watched };
    this.#exchange = new Exchange({ req: this.#req, res: this.#res }, plan, this.#tools);
    this.#exchange.start();
  }

  #stop(message: string): void {
    if (this.#exchange === null) this.#stopMessage ??= message;
    else this.#exchange.stop(message);
  }

  /** Null where the gate wants a lower max output and it cannot be set. */
  #bodyToSend({ maxOutputTokens }: GatePass, read: ReadBody): SentBody | null {
    const own = read.usagePatch === null ? [] : [read.usagePatch];
    if (maxOutputTokens === null) return { pieces: patchedBody(read.body, own), isDecoded: false };
    const { head, exchange } = this.#plan;
    const body = read.decoded === null ? read.body : Buffer.concat(read.decoded);
    const path = exchange.path.split('?', 1)[0] ?? '';
    const lowering = lowerMaxOutput({ ...head, path }, body, maxOutputTokens);
    if (lowering === null) return null;
    return { pieces: patchedBody(body, [...own, ...lowering]), isDecoded: read.decoded !== null };
  }

  #shape(refusal: Partial<RefusalQuestion> & { readonly message: string }, read: ReadBody | null = null): RefusalShape {
    const { api, provider, agent, pathStream } = this.#plan.head;
    return refusalFor({
      api,
      provider,
      agent,
      asMessage: false,
      isTemporary: false,
      stream: read?.facts.stream ?? pathStream ?? false,
      model: modelOf(this.#plan.head, read),
      ...refusal,
    });
  }

  #refuseTooLarge(): void {
    const megabytes = this.#tools.wholeBodyBytesMax / 1024 / 1024;
    const message = `Outlay cannot check the budget of a request of more than ${megabytes} MB.`;
    this.#refuse(this.#shape({ message, isTooLarge: true }));
    // What is still to come is read and let go, so that the client gets to read the answer.
    this.#req.resume();
  }

  #refuse(shape: RefusalShape): void {
    if (!this.#left.signal.aborted && !this.#res.headersSent) sendShape(this.#res, shape);
  }

  #release(pass: GatePass): void {
    this.#guard(() => pass.release());
    this.#endPass();
  }

  #endPass(): void {
    const pass = this.#pass;
    this.#pass = null;
    if (pass !== null) this.#guard(() => pass.ended());
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    // The name alone: a message could quote what passed.
    this.#plan.log(`The budget gate failed (${error instanceof Error ? error.name : typeof error}).`);
  }
}

const unasked = 'Outlay could not ask the budget of this call, so it was not sent.';
const unreadable = 'Outlay cannot read the encoding of this request, so its budget could not be checked.';
const unlowered = 'Outlay could not lower the length of this answer to what is left of its budget.';

function modelOf(head: CallHead, read: ReadBody | null): string {
  return read?.facts.model ?? head.pathModel ?? 'unknown';
}

interface Content {
  readonly facts: RequestFacts;
  readonly bodyBytes: number;
  readonly decoded: readonly Uint8Array[] | null;
  readonly problem: 'too-large' | 'unreadable' | null;
}

/** Reads what a body says while it comes, through its compression. */
function readContent(head: CallHead, bytesMax: number): { push(chunk: Uint8Array): void; end(): Promise<Content> } {
  const reader = createRequestReader({ ...head, contentEncoding: null });
  const coding = head.requestEncoding?.trim().toLowerCase() ?? '';
  const decoded: Uint8Array[] | null = coding === '' || coding === 'identity' ? null : [];
  let bodyBytes = 0;
  let problem: Content['problem'] = null;
  const decompressor = createDecompressor({
    contentEncoding: head.requestEncoding,
    limits: { ...defaultLimits, maxBytes: bytesMax, maxQueuedBytes: bytesMax },
    onData(bytes) {
      bodyBytes += bytes.length;
      decoded?.push(bytes);
      reader.push(bytes);
    },
    onProblem({ code }) {
      problem = code === 'too-large' ? 'too-large' : 'unreadable';
    },
  });
  return {
    push: (chunk) => decompressor.push(chunk),
    async end() {
      await decompressor.end();
      return { facts: await reader.end(), bodyBytes, decoded, problem };
    },
  };
}
