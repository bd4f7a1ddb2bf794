import type { DashboardData, DashboardQuery, ExportKind } from '../../src/protocol/dashboard.ts';
import type { ChartSpec, Look } from '../shared/chartSpec.ts';
import type { UiList, UiState } from './uiState.ts';

/** What pages may do. */
export interface PageActions {
  readonly ask: (change: Partial<DashboardQuery>) => void;
  readonly setUi: (change: Partial<UiState>) => void;
  readonly toggle: (list: UiList, key: string) => void;
  readonly exportFile: (name: string, kind: ExportKind, content: string) => void;
  readonly exportPicture: (chart: string, name: string) => void;
  readonly openTerminal: () => void;
  readonly newTask: () => void;
  readonly newTrial: () => void;
}

/** A chart that a page wants drawn, and what pressing one of its marks does. */
export interface WantedChart {
  readonly spec: ChartSpec;
  readonly onAction: (action: string) => void;
}

/** All that a page draws from. */
export interface PageContext {
  readonly data: DashboardData;
  readonly ui: UiState;
  readonly actions: PageActions;
  /** Pages put their charts in here, by the name of their canvas. */
  readonly charts: Map<string, WantedChart>;
  /** How a model looks, by its label: the same on every page. */
  readonly look: (label: string) => Look;
  /** The label of a model of the comparison, by its key. */
  readonly label: (key: string) => string;
}

export function pageContext(data: DashboardData, parts: Pick<PageContext, 'ui' | 'actions'>): PageContext {
  const labels = new Map(data.comparison.models.map(({ key, label }) => [key, label]));
  const places = new Map<string, number>();
  const names = [...data.comparison.models.map(({ label }) => label), ...effectiveLabels(data.effective.rows)];
  for (const name of names) if (!places.has(name)) places.set(name, places.size);
  return {
    data,
    ...parts,
    charts: new Map(),
    look: (label) => ({ place: places.get(label) ?? places.size }),
    label: (key) => labels.get(key) ?? key,
  };
}

/** A model of the default page with what tells it from other rows of the same name, and no more. */
export function effectiveLabels(rows: DashboardData['effective']['rows']): readonly string[] {
  return rows.map((row) => {
    const others = rows.filter((other) => other !== row && other.model === row.model);
    const notes = [
      others.some(({ effort }) => effort !== row.effort) ? (row.effort ?? 'effort unknown') : null,
      others.some(({ agent }) => agent !== row.agent) ? row.agent : null,
      row.isSubscription ? 'subscription' : null,
    ].filter((note) => note !== null);
    return notes.length === 0 ? row.model : `${row.model} (${notes.join(', ')})`;
  });
}
