/** A process environment as far as it is known; a missing key is an unset variable. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The layers that an integrated terminal's environment is made of. Only `process` and `user` may tell Outlay anything that moves
 * traffic; `workspace` comes from a repository and only says whether a proxy stands in the way.
 */
export interface EnvironmentLayers {
  readonly process: Environment;
  /** `terminal.integrated.env.<os>` of the user's settings; null unsets a variable there. */
  readonly user: Readonly<Record<string, string | null>>;
  /** The same setting of the workspace. */
  readonly workspace: Readonly<Record<string, string | null>>;
}

/** Looks variables up as the platform does: without regard to case on Windows. Empty values count as unset, as they do for agents. */
export class EnvironmentReader {
  readonly #values = new Map<string, string>();
  readonly #fold: boolean;

  constructor(platform: NodeJS.Platform, ...layers: readonly Readonly<Record<string, string | null | undefined>>[]) {
    this.#fold = platform === 'win32';
    for (const layer of layers) {
      for (const [name, value] of Object.entries(layer)) {
        if (value === undefined) continue;
        if (value === null || value === '') this.#values.delete(this.#key(name));
        else this.#values.set(this.#key(name), value);
      }
    }
  }

  get(name: string): string | null {
    return this.#values.get(this.#key(name)) ?? null;
  }

  #key(name: string): string {
    return this.#fold ? name.toUpperCase() : name;
  }
}

/** Holds, in each connected terminal, what Outlay set and what the user had, so that an editor started from such a terminal can tell. */
export const MARKER_VARIABLE = 'OUTLAY_TERMINAL';

/** Variable -> what Outlay set, and what the user had there (null: nothing). */
export type Marker = Readonly<Record<string, readonly [ours: string, users: string | null]>>;

export function writeMarker(marker: Marker): string {
  return JSON.stringify(marker);
}

/**
 * The environment without what a connected terminal of Outlay put into it: an editor started there with `code .` inherits our
 * variables, and must neither chain the gateway to itself nor take our values for the user's wishes.
 */
export function withoutOwnVariables(environment: Environment): Environment {
  const text = environment[MARKER_VARIABLE];
  if (text === undefined) return environment;
  const result: Record<string, string | undefined> = { ...environment };
  delete result[MARKER_VARIABLE];
  for (const [name, [ours, users]] of Object.entries(readMarker(text))) {
    if (result[name] !== ours) continue;
    if (users === null) delete result[name];
    else result[name] = users;
  }
  return result;
}

/** The marker in a text; empty where there is none. */
export function readMarker(text: string): Marker {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return {};
    const entries = Object.entries(value as Record<string, unknown>).filter(
      ([, pair]) =>
        Array.isArray(pair) && typeof pair[0] === 'string' && (typeof pair[1] === 'string' || pair[1] === null),
    );
    return Object.fromEntries(entries) as Marker;
  } catch {
    return {};
  }
}
