import {
  type BudgetMode,
  budgetModes,
  type Dimension,
  dimensions,
  type Limits,
  noLimits,
} from '../../domain/budget.ts';
import { isTaskId, maxTitleLength, type Outcome, outcomes } from '../../domain/task.ts';
import type { NewTask, TaskChange, TaskControlMap } from '../../protocol/tasks.ts';
import { ControlProblem } from '../control/controlServer.ts';

/** Readers of what clients send about tasks. Each takes named fields only and says in a sentence what is wrong. */

type Fields = Readonly<Record<string, unknown>>;

export function readNewTask(value: unknown): NewTask {
  const fields = objectOf(value);
  return {
    title: titleOf(fields['title']),
    workspaceId: textOrNull(fields, 'workspaceId'),
    folder: textOrNull(fields, 'folder'),
    branch: textOrNull(fields, 'branch'),
    checkCommand: textOrNull(fields, 'checkCommand'),
    limits: limitsOf(fields['limits']),
    mode: modeOf(fields['mode']),
    countsSubscription: fields['countsSubscription'] === true,
    activate: fields['activate'] === true,
    by: byOf(fields),
  };
}

export function readTaskChange(value: unknown): TaskChange {
  const fields = objectOf(value);
  const has = (name: string): boolean => fields[name] !== undefined;
  return {
    id: idOf(fields),
    by: byOf(fields),
    ...(has('title') ? { title: titleOf(fields['title']) } : {}),
    ...(has('limits') ? { limits: limitsOf(fields['limits']) } : {}),
    ...(has('mode') ? { mode: modeOf(fields['mode']) } : {}),
    ...(has('countsSubscription') ? { countsSubscription: fields['countsSubscription'] === true } : {}),
    ...(has('branch') ? { branch: textOrNull(fields, 'branch') } : {}),
    ...(has('checkCommand') ? { checkCommand: textOrNull(fields, 'checkCommand') } : {}),
  };
}

export function readExtension(value: unknown): TaskControlMap['extendTask']['params'] {
  const fields = objectOf(value);
  const { amount } = fields;
  const dimension = dimensions.find((known): known is Dimension => known === fields['dimension']);
  if (dimension === undefined) throw new ControlProblem(`"dimension" must be one of ${dimensions.join(', ')}.`);
  if (typeof amount !== 'number' || !Number.isSafeInteger(amount) || amount <= 0) {
    throw new ControlProblem('A budget is extended by a whole number above 0.');
  }
  return { id: idOf(fields), dimension, amount, by: byOf(fields) };
}

export function readOutcome(value: unknown): TaskControlMap['closeTask']['params'] {
  const fields = objectOf(value);
  const outcome = outcomes.find((known): known is Outcome => known === fields['outcome']);
  if (outcome === undefined) throw new ControlProblem(`"outcome" must be one of ${outcomes.join(', ')}.`);
  return { id: idOf(fields), outcome, because: shortText(fields, 'because'), by: byOf(fields) };
}

export function readTaskId(value: unknown): { readonly id: string; readonly by: string } {
  const fields = objectOf(value);
  return { id: idOf(fields), by: byOf(fields) };
}

export function readActivation(value: unknown): TaskControlMap['activateTask']['params'] {
  const fields = objectOf(value);
  const workspaceId = fields['workspaceId'];
  if (typeof workspaceId !== 'string' || !/^[A-Za-z0-9-]{1,64}$/.test(workspaceId)) {
    throw new ControlProblem('"workspaceId" must be letters, digits and dashes.');
  }
  return { workspaceId, id: fields['id'] === null ? null : idOf(fields) };
}

export function readAssignment(value: unknown): TaskControlMap['assignSession']['params'] {
  const fields = objectOf(value);
  const { session } = fields;
  if (typeof session !== 'string' || session === '' || session.length > 512) {
    throw new ControlProblem('"session" must be the id of a session.');
  }
  return { session, id: fields['id'] === null ? null : idOf(fields), by: byOf(fields) };
}

function idOf(fields: Fields): string {
  const { id } = fields;
  if (typeof id === 'string' && isTaskId(id)) return id;
  throw new ControlProblem('"id" must be the id of a task, "task-" and 16 letters and digits.');
}

/** Titles are one line of text; markup in them is text like any other. */
function titleOf(value: unknown): string {
  if (typeof value !== 'string') throw new ControlProblem('A task needs a title.');
  const title = value.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  if (!/[^\p{Cc}\p{Cf}\p{Cs}\p{Z}]/u.test(title)) throw new ControlProblem('A task needs a title.');
  if (title.length > maxTitleLength) {
    throw new ControlProblem(`A title has at most ${maxTitleLength} characters; this one has ${title.length}.`);
  }
  return title;
}

function limitsOf(value: unknown): Limits {
  if (value === undefined || value === null) return noLimits;
  const fields = objectOf(value);
  const read = dimensions.map((dimension): readonly [Dimension, number | null] => {
    const limit = fields[dimension];
    if (limit === undefined || limit === null) return [dimension, null];
    if (typeof limit === 'number' && Number.isSafeInteger(limit) && limit >= 0) return [dimension, limit];
    throw new ControlProblem(`The limit of ${dimension} must be a whole number from 0 up.`);
  });
  return { ...noLimits, ...Object.fromEntries(read) };
}

function modeOf(value: unknown): BudgetMode {
  if (value === undefined) return 'steady';
  const mode = budgetModes.find((known): known is BudgetMode => known === value);
  if (mode === undefined) throw new ControlProblem(`"mode" must be one of ${budgetModes.join(', ')}.`);
  return mode;
}

const MAX_TEXT = 4096;

function textOrNull(fields: Fields, name: string): string | null {
  const value = fields[name];
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string' && value.length <= MAX_TEXT) return value;
  throw new ControlProblem(`"${name}" must be a text of at most ${MAX_TEXT} characters.`);
}

function shortText(fields: Fields, name: string): string {
  return (textOrNull(fields, name) ?? '').slice(0, maxTitleLength);
}

function byOf(fields: Fields): string {
  return shortText(fields, 'by') || 'a client';
}

function objectOf(value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new ControlProblem('An object was expected.');
}
