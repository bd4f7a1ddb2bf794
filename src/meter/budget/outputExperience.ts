const KEPT_OUTPUTS = 500;
const KEPT_KINDS = 500;

/** The output tokens of the newest calls of each agent and model: what a steady hold begins with. */
export class OutputExperience {
  readonly #outputs = new Map<string, number[]>();

  add(agent: string, model: string, outputTokens: number): void {
    const key = `${agent} ${model}`;
    const known = this.#outputs.get(key) ?? [];
    known.push(outputTokens);
    if (known.length > KEPT_OUTPUTS) known.shift();
    this.#outputs.delete(key);
    this.#outputs.set(key, known);
    const oldest = this.#outputs.keys().next();
    if (this.#outputs.size > KEPT_KINDS && !oldest.done) this.#outputs.delete(oldest.value);
  }

  of(agent: string, model: string): readonly number[] {
    return this.#outputs.get(`${agent} ${model}`) ?? [];
  }
}
