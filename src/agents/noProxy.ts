import type { EnvironmentReader } from './environment.ts';

const PROXY_VARIABLES = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];
const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];

/** What to do to one variable of a terminal. `append` keeps whatever the terminal's own base value is. */
export type VariableChange =
  | { readonly kind: 'replace'; readonly value: string }
  | { readonly kind: 'append'; readonly value: string }
  /** In front of PATH; also after the shell's start-up files, which often put version managers in front. */
  | { readonly kind: 'prependPath'; readonly value: string };

/**
 * Agents send loopback traffic through a proxy too, unless `NO_PROXY` names it: then a proxy would see the gateway's address
 * and could not reach it. Nothing is changed where no proxy is set.
 *
 * @param all every layer of the environment, the workspace's included: whoever set the proxy, our traffic must not go there.
 */
export function planNoProxy(all: EnvironmentReader, platform: NodeJS.Platform): ReadonlyMap<string, VariableChange> {
  const changes = new Map<string, VariableChange>();
  if (!PROXY_VARIABLES.some((name) => all.get(name) !== null)) return changes;
  // On Windows both spellings are one variable.
  const names = platform === 'win32' ? ['NO_PROXY'] : ['NO_PROXY', 'no_proxy'];
  for (const name of names) {
    const own = all.get(name);
    // A tool that prefers the spelling which is not set must not lose what the user said in the other.
    const known = own ?? names.map((other) => all.get(other)).find((value) => value !== null) ?? '';
    const listed = new Set(known.split(',').map((entry) => entry.trim()));
    if (own !== null && listed.has('*')) continue;
    const missing = listed.has('*') ? [] : LOOPBACK.filter((host) => !listed.has(host));
    if (own !== null) {
      if (missing.length > 0) changes.set(name, { kind: 'append', value: `,${missing.join(',')}` });
    } else {
      changes.set(name, { kind: 'replace', value: [known, ...missing].filter((part) => part !== '').join(',') });
    }
  }
  return changes;
}
