import type { AgentConnection } from '../connection.ts';

/** Codex reads no variable; this one is read by our launcher only. */
export const codexConnections: readonly AgentConnection[] = [
  {
    agent: 'codex',
    label: 'Codex',
    routeId: 'codex',
    claimsRoute: true,
    ownBaseUrl: ({ files }) => files.codexBaseUrl,
    obstacle: (_user, { launcherDir }) =>
      launcherDir === null ? 'Codex is not metered: its launcher could not be written to the data folder.' : null,
    variables: ({ codex }) => (codex === undefined ? null : { OUTLAY_CODEX_BASE_URL: codex }),
  },
];
