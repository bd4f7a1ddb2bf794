import type { CoverageActionId, CoverageLine } from './coverage.ts';
import type { NowSnapshot } from './snapshot.ts';

/** What the extension knows beside the meter's snapshot. */
export interface SidebarState {
  readonly meter: 'off' | 'starting' | 'running' | 'failed';
  /** One sentence when the meter failed or is off. */
  readonly meterText: string;
  readonly snapshot: NowSnapshot | null;
  /** Terminals that were opened before Outlay and are therefore not metered. */
  readonly unmeteredTerminals: readonly { readonly id: number; readonly name: string }[];
  readonly demo: boolean;
  readonly trusted: boolean;
  /** Of this window; by it the active task and the limits of its folder are found. */
  readonly workspaceId: string;
  /** Those that are seen first. */
  readonly coverage: readonly CoverageLine[];
}

/** Messages from the extension to the sidebar; always whole snapshots. */
export interface ToSidebar {
  readonly state: SidebarState;
}

/** Messages from the sidebar to the extension: an enumeration, never a command id. */
export interface FromSidebar {
  readonly ready: Record<string, never>;
  readonly openTerminal: Record<string, never>;
  readonly showAgents: Record<string, never>;
  readonly relaunchTerminal: { readonly id: number };
  readonly retry: Record<string, never>;
  readonly turnOn: Record<string, never>;
  readonly showLog: Record<string, never>;
  readonly newTask: Record<string, never>;
  readonly extendTask: { readonly id: string };
  readonly setTaskBudget: { readonly id: string };
  readonly openTaskTerminal: { readonly id: string };
  readonly coverage: { readonly action: CoverageActionId };
}

export type Message<Map> = { [Name in keyof Map]: { readonly type: Name; readonly body: Map[Name] } }[keyof Map];
