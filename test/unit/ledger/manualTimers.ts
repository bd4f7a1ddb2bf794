/** Timers that fire when the test says so. */
export class ManualTimers {
  readonly delays: number[] = [];
  #due: (() => void)[] = [];

  readonly after = (delayMs: number, work: () => void) => {
    this.delays.push(delayMs);
    this.#due.push(work);
    const dispose = () => {
      this.#due = this.#due.filter((other) => other !== work);
    };
    return { dispose };
  };

  fire(): void {
    const due = this.#due;
    this.#due = [];
    for (const work of due) work();
  }
}
