import type { CallGate, CallHead, GateAnswer, GatePass, GateRequest } from '../../../src/gateway/contract.ts';

/** A pass that writes down what is called on it, in order. */
export class ScriptedPass implements GatePass {
  readonly kind = 'admitted';
  readonly taskId: string | null;
  readonly maxOutputTokens: number | null;
  readonly calls: string[] = [];
  readonly over: Promise<void>;
  #over: () => void = () => {};
  #listener: ((message: string) => void) | null = null;
  #stopped: string | null = null;

  constructor(options: { readonly taskId?: string; readonly maxOutputTokens?: number } = {}) {
    this.taskId = options.taskId ?? null;
    this.maxOutputTokens = options.maxOutputTokens ?? null;
    this.over = new Promise((resolve) => {
      this.#over = resolve;
    });
  }

  onStop(listener: (message: string) => void): void {
    this.calls.push('onStop');
    this.#listener = listener;
    if (this.#stopped !== null) listener(this.#stopped);
  }

  release(): void {
    this.calls.push('release');
  }

  ended(): void {
    this.calls.push('ended');
    this.#over();
  }

  stop(message: string): void {
    this.#stopped = message;
    this.#listener?.(message);
  }
}

export interface Asked {
  readonly head: CallHead;
  readonly request: GateRequest;
  readonly signal: AbortSignal;
}

export function refused(message: string, options: { asMessage?: boolean; isTemporary?: boolean } = {}): GateAnswer {
  return { kind: 'refused', message, asMessage: false, isTemporary: false, ...options };
}

/** A gate that answers as a test says, and keeps what it was asked. */
export class ScriptedGate implements CallGate {
  readonly asked: Asked[] = [];
  readonly #answer: (asked: Asked) => GateAnswer | Promise<GateAnswer>;
  readonly #concerns: (head: CallHead) => boolean;
  #wake: (() => void)[] = [];

  constructor(
    answer: (asked: Asked) => GateAnswer | Promise<GateAnswer>,
    concerns: (head: CallHead) => boolean = () => true,
  ) {
    this.#answer = answer;
    this.#concerns = concerns;
  }

  concerns(head: CallHead): boolean {
    return this.#concerns(head);
  }

  async admit(head: CallHead, request: GateRequest, signal: AbortSignal): Promise<GateAnswer> {
    const asked = { head, request, signal };
    this.asked.push(asked);
    for (const wake of this.#wake.splice(0)) wake();
    return this.#answer(asked);
  }

  /** Resolves once it has been asked so often. */
  async untilAsked(count: number): Promise<void> {
    while (this.asked.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake.push(resolve);
      });
    }
  }
}
