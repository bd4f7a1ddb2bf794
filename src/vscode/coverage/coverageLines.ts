import type { CallKind } from '../../intercept/contract.ts';
import type { CoverageActionId, CoverageLine, CoverageStep } from '../../protocol/coverage.ts';
import { type AgentExtension, agentExtensionOf } from '../inHost/agentExtensions.ts';
import type { CoverageRow } from './agentCoverage.ts';
import { agentTable } from './agentTable.ts';
import { kindLines } from './kindLines.ts';

/** Agents of terminals: the command that they are started by, their name in the books, and their row of `agentTable`. */
export const agentCommands: readonly { readonly command: string; readonly agent: string; readonly row: string }[] = [
  { command: 'claude', agent: 'claude-code', row: 'Claude Code' },
  { command: 'codex', agent: 'codex', row: 'Codex' },
  { command: 'gemini', agent: 'gemini-cli', row: 'Gemini CLI' },
  { command: 'opencode', agent: 'opencode', row: 'OpenCode' },
  { command: 'kilo', agent: 'kilo', row: 'Kilo' },
  { command: 'cline', agent: 'cline', row: 'Cline CLI' },
  { command: 'qwen', agent: 'qwen-code', row: 'Qwen Code' },
  { command: 'aider', agent: 'aider', row: 'aider' },
  { command: 'goose', agent: 'goose', row: 'Goose' },
  { command: 'copilot', agent: 'copilot', row: 'Copilot CLI with a provider of your own' },
];

export interface CoverageLineFacts {
  /** Of `agentCoverage`. */
  readonly rows: readonly CoverageRow[];
  readonly commands: ReadonlySet<string>;
  /** Ids of the extensions of this host. */
  readonly extensions: readonly string[];
  readonly isObserving: boolean;
  /** Ids in lower case. */
  readonly ignored: ReadonlySet<string>;
  /** VS Code's window is on another machine or in a browser: Copilot Chat then calls from inside the extension host. */
  readonly isRemote: boolean;
  /** Of this week, by the agent's name in the books. */
  readonly lastCallMs: ReadonlyMap<string, number>;
  /** Agents' own logs are read. */
  readonly readsLogs: boolean;
  /** Of this week, by the agent's name: the last call that only its log told of. */
  readonly lastToldMs: ReadonlyMap<string, number>;
  /** Extensions that were seen calling in this window, by id. */
  readonly seenExtensions: ReadonlyMap<string, number>;
  /** Calls of kinds that stand on lines of their own, as this window saw them begin. */
  readonly seenKinds: ReadonlyMap<CallKind, number>;
}

/** One line for each agent that is installed here or was seen calling; those that are seen come first, kinds of calls last. Pure. */
export function coverageLines(facts: CoverageLineFacts): readonly CoverageLine[] {
  const commands = agentCommands.filter(({ command }) => facts.commands.has(command));
  const known = facts.extensions.flatMap((id) => agentExtensionOf(id) ?? []);
  const others = [...facts.seenExtensions.keys()].filter((id) => id !== '' && agentExtensionOf(id) === null);
  const lines = [
    ...commands.map((entry) => commandLine(entry, facts)),
    ...known.map((extension) => extensionLine(extension, facts)),
    ...others.map((id) => otherLine(id, facts)),
    ...toldAgents(facts, new Set([...commands, ...known].map(({ agent }) => agent))).map((agent) =>
      logLine(agent, facts),
    ),
  ];
  const sorted = lines.toSorted(
    (a, b) => Number(a.way === 'none') - Number(b.way === 'none') || a.label.localeCompare(b.label),
  );
  return [...sorted, ...kindLines(facts)];
}

function commandLine(
  { command, agent, row: label }: (typeof agentCommands)[number],
  facts: CoverageLineFacts,
): CoverageLine {
  const row = facts.rows.find((candidate) => candidate.label === label);
  const isConnected = row?.state === 'connected';
  const line: CoverageLine = {
    id: `command:${command}`,
    about: 'agent',
    label: `${label} (${command})`,
    way: isConnected ? 'gateway' : 'none',
    stop: isConnected ? 'ends' : 'none',
    lastCallAtMs: facts.lastCallMs.get(agent) ?? null,
    detail: row === undefined ? 'Nothing is known of it.' : `${sentenceCase(row.summary)}: ${row.detail}`,
    action: row?.action == null ? null : steps[row.action],
  };
  return orByItsLog(line, agent, facts);
}

function extensionLine(extension: AgentExtension, facts: CoverageLineFacts): CoverageLine {
  return orByItsLog(seenExtensionLine(extension, facts), extension.agent, facts);
}

/** What is not seen as it passes may still be known from a log. */
function orByItsLog(line: CoverageLine, agent: string, { readsLogs, lastToldMs }: CoverageLineFacts): CoverageLine {
  const lastCallAtMs = lastToldMs.get(agent);
  if (line.way !== 'none' || !readsLogs || lastCallAtMs === undefined) return line;
  return { ...line, way: 'transcript', lastCallAtMs, detail: `${readByLog} ${line.detail}` };
}

const readByLog = 'Its own logs are read: a call shows once it is written there, and no budget can stop it.';

/** Agents of logs that are no program on the PATH and no extension of this host. */
function toldAgents({ readsLogs, lastToldMs }: CoverageLineFacts, known: ReadonlySet<string>): readonly string[] {
  return readsLogs ? [...lastToldMs.keys()].filter((agent) => agent !== '' && !known.has(agent)) : [];
}

function logLine(agent: string, { lastToldMs }: CoverageLineFacts): CoverageLine {
  const label = agentTable.find(({ label }) => slug(label) === agent)?.label ?? agent;
  return {
    ...{ id: `log:${agent}`, about: 'agent', label: `${label} (logs)`, way: 'transcript', stop: 'none' },
    ...{ lastCallAtMs: lastToldMs.get(agent) ?? null, detail: readByLog, action: null },
  };
}

const slug = (label: string): string => label.toLowerCase().replaceAll(' ', '-');

function seenExtensionLine(extension: AgentExtension, facts: CoverageLineFacts): CoverageLine {
  const { id, label, agent, reach } = extension;
  const base = {
    about: 'agent' as const,
    id: `extension:${id}`,
    label: `${label} (extension)`,
    lastCallAtMs: facts.lastCallMs.get(agent) ?? null,
  };
  switch (reach) {
    case 'inHost':
      return { ...base, ...inHost(id, facts) };
    case 'inHostRemotely':
      if (facts.isRemote) return { ...base, ...inHost(id, facts) };
      return {
        ...base,
        ...unseen,
        detail:
          'On the desktop its calls take VS Code’s own network stack, which no extension sees. Where the window is remote they are observed.',
        action: null,
      };
    case 'childProcess': {
      const row = facts.rows.find((candidate) => candidate.label === `${label}’s extension`);
      const isConnected = row?.state === 'connected';
      const reachable = row?.detail ?? 'It starts its agent as a process, which inherits the base URL.';
      return {
        ...base,
        ...(isConnected ? ({ way: 'gateway', stop: 'ends' } as const) : unseen),
        detail: reachable,
        action: steps.openChildProcessSetting,
      };
    }
    case 'ownProcess':
      return {
        ...base,
        ...unseen,
        detail: 'It starts a process that takes its address from a file which Outlay does not write.',
        action: null,
      };
  }
}

const unseen = { way: 'none', stop: 'none' } as const;

function inHost(
  id: string,
  { isObserving, ignored }: CoverageLineFacts,
): Pick<CoverageLine, 'way' | 'stop' | 'detail' | 'action'> {
  if (isObserving && ignored.has(id.toLowerCase())) {
    return { ...unseen, detail: 'You have excepted it in your settings.', action: steps.openIgnoreSetting };
  }
  if (!isObserving) {
    return { ...unseen, detail: 'It calls from inside VS Code, where nothing is observed now.', action: steps.observe };
  }
  return {
    way: 'host',
    stop: 'refuses',
    detail:
      'Its calls are read as they pass inside VS Code. None that runs can be ended: past the line of a budget go those that run when it is crossed. The next one is refused: by the global fetch at once, by other ways once VS Code is told, a tenth of a second or so later.',
    action: steps.stopObserving,
  };
}

function otherLine(id: string, facts: CoverageLineFacts): CoverageLine {
  const lastCallAtMs = facts.lastCallMs.get(id.toLowerCase()) ?? facts.seenExtensions.get(id) ?? null;
  return { id: `extension:${id}`, about: 'agent', label: id, lastCallAtMs, ...inHost(id, facts) };
}

const steps: Readonly<Record<CoverageActionId, CoverageStep>> = {
  observe: {
    id: 'observe',
    text: 'Observe',
    changes:
      'Reads the calls of extensions to known LLM hosts as they pass, and changes nothing of them. “Outlay: Stop Observing Calls of Extensions” undoes it at once.',
  },
  stopObserving: {
    id: 'stopObserving',
    text: 'Stop observing',
    changes: 'No call inside VS Code is looked at any more. “Outlay: Observe Calls of Extensions” undoes it.',
  },
  connectCline: {
    id: 'connectCline',
    text: 'Connect',
    changes: 'Puts base URLs into Cline’s providers.json. “Outlay: Disconnect Cline CLI” puts the file back.',
  },
  disconnectCline: {
    id: 'disconnectCline',
    text: 'Disconnect',
    changes: 'Puts Cline’s providers.json back as it was. “Outlay: Connect Cline CLI” undoes it.',
  },
  openTerminalsSetting: {
    id: 'openTerminalsSetting',
    text: 'Open the setting',
    changes: 'Adding it there connects it in new terminals. Taking it off the list undoes it.',
  },
  openChildProcessSetting: {
    id: 'openChildProcessSetting',
    text: 'Open the setting',
    changes:
      'It sets base-URL variables of the extension host, only where none is set, so that the process inherits them. Switching it off takes them back.',
  },
  openIgnoreSetting: {
    id: 'openIgnoreSetting',
    text: 'Open the setting',
    changes: 'Taking it off the list lets its calls be observed. Adding it again undoes it.',
  },
};

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
