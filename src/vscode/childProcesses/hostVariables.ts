import type { Disposable } from '../../domain/disposable.ts';

/**
 * Sets variables of the extension host itself, which processes of all its extensions inherit: the only place that writes `process.env`. Each
 * variable is put back to what it was when it is wanted no longer, unless somebody else has changed it meanwhile.
 */
export class HostVariables implements Disposable {
  /** What we have set, and what was there before (undefined: nothing). */
  readonly #set = new Map<string, { readonly ours: string; readonly before: string | undefined }>();

  get names(): ReadonlySet<string> {
    return new Set(this.#set.keys());
  }

  /** Makes these the variables that are set, no more and no fewer. One that somebody else has changed is left to them. */
  apply(variables: Readonly<Record<string, string>>): void {
    for (const name of this.#set.keys()) if (!Object.hasOwn(variables, name)) this.#takeBack(name);
    for (const [name, value] of Object.entries(variables)) {
      const known = this.#set.get(name);
      if (known?.ours === value) continue;
      if (known !== undefined && process.env[name] !== known.ours) continue;
      this.#set.set(name, { ours: value, before: known === undefined ? process.env[name] : known.before });
      process.env[name] = value;
    }
  }

  /** The environment as it would be without us. */
  without(): Readonly<Record<string, string | undefined>> {
    const environment = { ...process.env };
    for (const [name, { ours, before }] of this.#set) {
      if (environment[name] !== ours) continue;
      if (before === undefined) delete environment[name];
      else environment[name] = before;
    }
    return environment;
  }

  dispose(): void {
    this.apply({});
  }

  #takeBack(name: string): void {
    const known = this.#set.get(name);
    this.#set.delete(name);
    if (known === undefined || process.env[name] !== known.ours) return;
    if (known.before === undefined) delete process.env[name];
    else process.env[name] = known.before;
  }
}
