import type { DashboardControlMap, DashboardQuery } from '../../protocol/dashboard.ts';
import { readDashboardQuery } from '../../protocol/dashboardQuery.ts';
import type { Comparisons } from '../dashboard/comparisons.ts';
import { type ControlHandlers, ControlProblem } from './controlServer.ts';

/** One handler for each request about the dashboard. */
export function dashboardHandlers(
  comparisons: Pick<Comparisons, 'ask' | 'cancel'>,
): Pick<ControlHandlers, keyof DashboardControlMap> {
  return {
    dashboard: (params) => comparisons.ask(readQuery(params), isAgain(params)),
    cancelDashboard: async (params) => {
      await comparisons.cancel(readQuery(params));
      return {};
    },
  };
}

function isAgain(params: unknown): boolean {
  return typeof params === 'object' && params !== null && Reflect.get(params, 'again') === true;
}

function readQuery(params: unknown): DashboardQuery {
  const given: unknown = typeof params === 'object' && params !== null ? Reflect.get(params, 'query') : null;
  const query = readDashboardQuery(given);
  if (query === null) throw new ControlProblem('"query" must be a query of the dashboard.');
  return query;
}
