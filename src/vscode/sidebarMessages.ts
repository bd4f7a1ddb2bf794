import { isTaskId } from '../domain/task.ts';
import { coverageActions } from '../protocol/coverage.ts';
import type { FromSidebar, Message } from '../protocol/sidebar.ts';

/** A message that asks for something; "ready" only says that the page listens. */
export type SidebarRequest = Exclude<Message<FromSidebar>, { readonly type: 'ready' }>;

type BodyCheck = (body: Readonly<Record<string, unknown>>) => boolean;

const isEmpty: BodyCheck = (body) => Object.keys(body).length === 0;
const isTerminalId: BodyCheck = (body) =>
  Object.keys(body).length === 1 && Number.isSafeInteger(body['id']) && (body['id'] as number) >= 0;
const namesTask: BodyCheck = (body) =>
  Object.keys(body).length === 1 && typeof body['id'] === 'string' && isTaskId(body['id']);

const namesCoverageAction: BodyCheck = (body) =>
  Object.keys(body).length === 1 && coverageActions.some((action) => action === body['action']);

const checks: { readonly [Name in keyof FromSidebar]: BodyCheck } = {
  ready: isEmpty,
  openTerminal: isEmpty,
  showAgents: isEmpty,
  relaunchTerminal: isTerminalId,
  retry: isEmpty,
  turnOn: isEmpty,
  showLog: isEmpty,
  newTask: isEmpty,
  extendTask: namesTask,
  setTaskBudget: namesTask,
  openTaskTerminal: namesTask,
  coverage: namesCoverageAction,
};

/** A message of the sidebar, or null for anything that is not exactly one: what a webview sends is not trusted. */
export function parseFromSidebar(value: unknown): Message<FromSidebar> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { type, body, ...rest } = value as Record<string, unknown>;
  if (typeof type !== 'string' || !Object.hasOwn(checks, type) || Object.keys(rest).length > 0) return null;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null;
  const isValid = checks[type as keyof FromSidebar](body as Record<string, unknown>);
  return isValid ? ({ type, body } as Message<FromSidebar>) : null;
}
