import type { DashboardControlMap, DashboardQuery } from '../../protocol/dashboard.ts';
import { readDashboardQuery } from '../../protocol/dashboardQuery.ts';
import type { Comparisons } from '../dashboard/comparisons.ts';
import { memberOf } from './controlParams.ts';
import { type ControlHandlers, ControlProblem } from './controlServer.ts';

/** One handler for each request about the dashboard. */
export function dashboardHandlers(
  comparisons: Pick<Comparisons, 'ask' | 'cancel'>,
): Pick<ControlHandlers, keyof DashboardControlMap> {
  return {
    dashboard: (params) => comparisons.ask(readQuery(params), memberOf(params, 'again') === true),
    cancelDashboard: async (params) => {
      await comparisons.cancel(readQuery(params));
      return {};
    },
  };
}

function readQuery(params: unknown): DashboardQuery {
  const query = readDashboardQuery(memberOf(params, 'query'));
  if (query === null) throw new ControlProblem('"query" must be a query of the dashboard.');
  return query;
}
