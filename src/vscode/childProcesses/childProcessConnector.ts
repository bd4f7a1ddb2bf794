import type { Disposable } from '../../domain/disposable.ts';
import type { TerminalWishes } from '../terminals/terminalConnector.ts';
import { HostVariables } from './hostVariables.ts';
import { planChildEnvironment } from './planChildEnvironment.ts';

/** Connects agents that other extensions start as processes, where the user has asked for it. */
export class ChildProcessConnector implements Disposable {
  readonly #variables = new HostVariables();
  readonly #lockPath: string;

  constructor(lockPath: string) {
    this.#lockPath = lockPath;
  }

  /** Names of the variables that the extension host has from us. */
  get names(): ReadonlySet<string> {
    return this.#variables.names;
  }

  /** The environment of the extension host as it would be without us. */
  environmentWithoutUs(): Readonly<Record<string, string | undefined>> {
    return this.#variables.without();
  }

  /** Makes new processes be connected as wished; null leaves them alone. Returns the sentences that the user should read. */
  apply(wishes: TerminalWishes | null): readonly string[] {
    if (wishes === null) {
      this.#variables.apply({});
      return [];
    }
    const { variables, problem } = planChildEnvironment(
      {
        platform: process.platform,
        files: wishes.files,
        agents: wishes.agents,
        connection: wishes.connection.workspace,
        upstreams: wishes.upstreams,
        lockPath: this.#lockPath,
        assumeFirstParty: true,
      },
      this.#variables.without(),
    );
    this.#variables.apply(variables);
    return problem === null ? [] : [problem];
  }

  dispose(): void {
    this.#variables.dispose();
  }
}
