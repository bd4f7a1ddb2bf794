import type { AgentId } from '../../manifest/manifest.ts';
import { type AgentEntry, agentTable } from './agentTable.ts';

/** What is known of a window when somebody asks which agents are connected. */
export interface CoverageFacts {
  /** Why nothing at all is connected, as a sentence; null where Outlay does its work. */
  readonly idle: string | null;
  /** Agents that the user wants connected in terminals. */
  readonly wanted: readonly AgentId[];
  /** Variables that new terminals get. */
  readonly terminalVariables: ReadonlySet<string>;
  /** Variables that the extension host has from us. */
  readonly hostVariables: ReadonlySet<string>;
  readonly connectsChildProcesses: boolean;
  readonly cline: 'connected' | 'notConnected';
  /** Calls inside the extension host are observed. */
  readonly isObserving: boolean;
}

export type CoverageState = 'connected' | 'waiting' | 'off' | 'unreachable';

export type CoverageAction =
  | 'connectCline'
  | 'disconnectCline'
  | 'openTerminalsSetting'
  | 'openChildProcessSetting'
  | 'observe'
  | 'stopObserving';

export interface CoverageRow {
  readonly label: string;
  readonly state: CoverageState;
  /** What the state means here, in a few words. */
  readonly summary: string;
  /** How it is connected, or why it is not: one sentence in plain text. */
  readonly detail: string;
  /** The one click that changes it; null where there is none. */
  readonly action: CoverageAction | null;
}

/** One row an agent, those that are connected first. Pure. */
export function agentCoverage(facts: CoverageFacts, table: readonly AgentEntry[] = agentTable): readonly CoverageRow[] {
  const order: readonly CoverageState[] = ['connected', 'waiting', 'off', 'unreachable'];
  return table.map((entry) => rowOf(entry, facts)).sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}

function rowOf(entry: AgentEntry, facts: CoverageFacts): CoverageRow {
  const { state, summary, action } = judge(entry, facts);
  return { label: entry.label, state, summary, detail: sentence(entry.how), action };
}

type Judgement = Pick<CoverageRow, 'state' | 'summary' | 'action'>;

function judge({ reach }: AgentEntry, facts: CoverageFacts): Judgement {
  if (reach.kind === 'unreachable') return { state: 'unreachable', summary: 'cannot be reached', action: null };
  if (facts.idle !== null) return { state: 'off', summary: facts.idle, action: null };
  switch (reach.kind) {
    case 'terminal': {
      if (!facts.wanted.includes(reach.agent)) {
        return { state: 'off', summary: 'taken off the list in your settings', action: 'openTerminalsSetting' };
      }
      const isSet = reach.variables.some((name) => facts.terminalVariables.has(name));
      return isSet
        ? { state: 'connected', summary: 'connected in new terminals', action: null }
        : { state: 'waiting', summary: 'not set up here', action: null };
    }
    case 'cline':
      return facts.cline === 'connected'
        ? { state: 'connected', summary: 'connected by its settings', action: 'disconnectCline' }
        : { state: 'off', summary: 'can be connected', action: 'connectCline' };
    case 'inHost':
      return facts.isObserving
        ? { state: 'connected', summary: 'observed as they call', action: 'stopObserving' }
        : { state: 'off', summary: 'can be observed', action: 'observe' };
    case 'childProcess': {
      const action = 'openChildProcessSetting';
      if (!facts.connectsChildProcesses) return { state: 'off', summary: 'can be connected', action };
      const isSet = reach.variables.some((name) => facts.hostVariables.has(name));
      return isSet
        ? { state: 'connected', summary: 'connected when it starts its agent', action }
        : { state: 'waiting', summary: 'not set up here', action };
    }
  }
}

/** Plain text from the Markdown of the table. */
function sentence(markdown: string): string {
  const plain = markdown.replace(/[`*]/g, '');
  return `${plain.charAt(0).toUpperCase()}${plain.slice(1)}.`;
}
