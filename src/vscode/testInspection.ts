import type { ExtensionContext } from 'vscode';
import type { SidebarState } from '../protocol/sidebar.ts';
import type { StatusBar } from './statusBar.ts';
import { relaunchTerminal } from './terminals/openTerminal.ts';
import type { WindowSession } from './windowSession.ts';

/**
 * What the in-host tests look at. Only there is it handed out (`ExtensionMode.Test`), because the terminals' variables hold the gateway
 * token, which no other extension needs.
 */
export interface TestInspection {
  /** The first attempt to connect is over. */
  readonly ready: Promise<void>;
  state(): SidebarState;
  statusBarText(): string;
  terminalCollection(): {
    readonly persistent: boolean;
    readonly variables: Readonly<Record<string, { readonly value: string; readonly type: number }>>;
  };
  /** Waits until a change of settings has reached the meter and the terminals. */
  settled(): Promise<void>;
  deleteData(beforeMs: number | null): Promise<number>;
  /** What the sidebar's button does. */
  relaunch(terminalId: number): Promise<void>;
}

export function inspectionFor(
  context: ExtensionContext,
  parts: { readonly ready: Promise<void>; readonly session: WindowSession; readonly statusBar: StatusBar },
): TestInspection {
  const { session, statusBar } = parts;
  return {
    ready: parts.ready,
    state: () => session.state,
    statusBarText: () => statusBar.text,
    terminalCollection: () => {
      const collection = context.environmentVariableCollection;
      const variables: Record<string, { value: string; type: number }> = {};
      collection.forEach((name, { value, type }) => {
        variables[name] = { value, type };
      });
      return { persistent: collection.persistent, variables };
    },
    settled: () => session.refresh(),
    deleteData: (beforeMs) => session.deleteData(beforeMs),
    relaunch: async (terminalId) => {
      const terminal = session.terminals.find(terminalId);
      if (terminal !== undefined) await relaunchTerminal(terminal);
    },
  };
}
