import type { CallKind } from '../../intercept/contract.ts';
import type { CoverageLine } from '../../protocol/coverage.ts';

export interface KindFacts {
  readonly isObserving: boolean;
  readonly isRemote: boolean;
  /** When a call of a kind was last seen begin in this window. */
  readonly seenKinds: ReadonlyMap<CallKind, number>;
}

/**
 * Kinds of calls inside VS Code that no budget stops, or that nothing shows, whoever makes them. Lines of their own, so that nobody takes
 * the line of an agent for more than it says. Only where calls are observed: elsewhere none of them is seen in any case.
 */
export function kindLines({ isObserving, isRemote, seenKinds }: KindFacts): readonly CoverageLine[] {
  if (!isObserving) return [];
  return [
    {
      ...{ ...kind, id: 'kind:http2', label: 'Any extension, over HTTP/2', way: 'host', stop: 'none' },
      lastCallAtMs: seenKinds.get('http2') ?? null,
      detail: 'Such calls are read as they pass and count towards budgets, but nothing can refuse or end them.',
    },
    ...(isRemote ? [] : [desktopNetwork]),
    {
      ...{ ...kind, ...unseen, id: 'kind:webSocket', label: 'Any extension, over WebSockets' },
      lastCallAtMs: seenKinds.get('webSocket') ?? null,
      detail: 'VS Code shows that such a connection opens and nothing of what passes: its calls are not counted.',
    },
    {
      ...{ ...kind, ...unseen, id: 'kind:agentHost', label: 'Agents in VS Code’s agent host' },
      detail:
        'VS Code runs them in a process of its own, which no extension sees into and which takes no base URL from one: their calls are neither observed nor stopped.',
    },
  ];
}

const unseen = { way: 'none', stop: 'none' } as const;
const kind = { about: 'kind', lastCallAtMs: null, action: null } as const;

const desktopNetwork = {
  ...{ ...kind, ...unseen, id: 'kind:desktopNetwork', label: 'Extensions on the editor’s own network stack' },
  detail:
    'With http.electronFetch, and in Copilot Chat on the desktop, calls leave through the editor itself and not through the extension host: they are neither observed nor stopped.',
} as const satisfies CoverageLine;
