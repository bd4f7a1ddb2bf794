import { MARKER_VARIABLE, type Marker } from '../../agents/environment.ts';

/** A shell that is started through `sh`, which first takes back what Outlay put into the environment. */
export interface UnmeteredShell {
  readonly shellPath: string;
  readonly shellArgs: readonly string[];
}

/**
 * For terminals of a remote machine, where the editor adds every extension's variables even to a terminal whose environment is given in
 * full. POSIX only. Everything that varies travels as an argument, never as text of the script.
 *
 * @param marker what Outlay set and what the user had there instead.
 */
export function unmeteredShell(shell: string, marker: Marker, launcherDir: string | null): UnmeteredShell {
  const names = [MARKER_VARIABLE, ...Object.keys(marker)].filter((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  const script = `PATH=\${PATH#"$1:"}; export PATH; shift; unset ${names.join(' ')}; exec env "$@"`;
  const restored = Object.entries(marker).flatMap(([name, [, users]]) => (users === null ? [] : [`${name}=${users}`]));
  return { shellPath: '/bin/sh', shellArgs: ['-c', script, 'sh', launcherDir ?? '', ...restored, shell] };
}
