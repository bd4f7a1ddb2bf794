import { exportKinds, type FromDashboard } from '../../protocol/dashboard.ts';
import { readDashboardQuery } from '../../protocol/dashboardQuery.ts';
import type { Message } from '../../protocol/sidebar.ts';

type Body = Readonly<Record<string, unknown>>;

const MOST_EXPORT_LETTERS = 32 * 1024 * 1024;
const MOST_NAME_LETTERS = 300;

const readEmpty = (body: Body): Record<string, never> | null => (Object.keys(body).length === 0 ? {} : null);

function readQueryBody(body: Body): FromDashboard['query'] | null {
  const query = readDashboardQuery(body['query']);
  return query === null ? null : { query };
}

function readExport({ name, kind, content }: Body): FromDashboard['exportFile'] | null {
  if (typeof name !== 'string' || name.length > MOST_NAME_LETTERS) return null;
  if (typeof content !== 'string' || content.length > MOST_EXPORT_LETTERS) return null;
  const known = exportKinds.find((one) => one === kind);
  return known === undefined ? null : { name, kind: known, content };
}

function readImportName({ name }: Body): FromDashboard['removeImport'] | null {
  return typeof name === 'string' && name !== '' && name.length <= MOST_NAME_LETTERS ? { name } : null;
}

const readers: { readonly [Name in keyof FromDashboard]: (body: Body) => FromDashboard[Name] | null } = {
  ready: readQueryBody,
  query: readQueryBody,
  refresh: readEmpty,
  cancel: readEmpty,
  retry: readEmpty,
  turnOn: readEmpty,
  openTerminal: readEmpty,
  newTask: readEmpty,
  newTrial: readEmpty,
  removeImport: readImportName,
  exportFile: readExport,
};

/** A message of the dashboard, or null for anything that is not exactly one: what a webview sends is not trusted. */
export function parseFromDashboard(value: unknown): Message<FromDashboard> | null {
  if (typeof value !== 'object' || value === null) return null;
  const { type, body } = value as Body;
  if (typeof type !== 'string' || !Object.hasOwn(readers, type)) return null;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null;
  const read = readers[type as keyof FromDashboard](body as Body);
  return read === null ? null : ({ type, body: read } as Message<FromDashboard>);
}
