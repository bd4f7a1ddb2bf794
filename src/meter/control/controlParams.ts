import type { CallRecord } from '../../domain/call.ts';
import type { MeterSettings, WorkspaceParams } from '../../protocol/control.ts';
import { ControlProblem } from './controlServer.ts';

/** Readers of what clients send. Each takes named fields only and says in a sentence what is wrong. */

export function readSettings(value: unknown): MeterSettings {
  const fields = object(value);
  const { metering, retentionDays, priceOverrides, readLogs } = fields;
  if (typeof metering !== 'boolean') throw new ControlProblem('"metering" must be true or false.');
  if (typeof retentionDays !== 'number' || !Number.isInteger(retentionDays) || retentionDays < 0) {
    throw new ControlProblem('"retentionDays" must be a whole number of days, 0 for ever.');
  }
  return { metering, retentionDays, priceOverrides, ...(typeof readLogs === 'boolean' ? { readLogs } : {}) };
}

const WORKSPACE_ID = /^[A-Za-z0-9-]{1,64}$/;
const MAX_TITLE = 200;

export function readWorkspace(value: unknown): WorkspaceParams {
  const { workspaceId, title, upstreams } = object(value);
  if (typeof workspaceId !== 'string' || !WORKSPACE_ID.test(workspaceId)) {
    throw new ControlProblem('"workspaceId" must be letters, digits and dashes.');
  }
  const chained: Record<string, string> = {};
  for (const [route, origin] of Object.entries(object(upstreams ?? {}))) {
    if (typeof origin !== 'string') throw new ControlProblem(`The upstream of "${route}" must be a text.`);
    chained[route] = origin;
  }
  return { workspaceId, title: typeof title === 'string' ? title.slice(0, MAX_TITLE) : '', upstreams: chained };
}

export function readBeforeMs(value: unknown): number | null {
  const { beforeMs } = object(value);
  if (beforeMs === null) return null;
  if (typeof beforeMs === 'number' && Number.isFinite(beforeMs)) return beforeMs;
  throw new ControlProblem('"beforeMs" must be an instant in milliseconds, or null for everything.');
}

export function readVersion(value: unknown): string {
  const { version } = object(value);
  if (typeof version === 'string' && /^\d+\.\d+\.\d/.test(version)) return version;
  throw new ControlProblem('"version" must be a version number.');
}

/** Records of a draining meter. They come from our own code over an authorised channel, so only their frame is checked. */
export function readRecords(value: unknown): readonly CallRecord[] {
  const { records } = object(value);
  if (!Array.isArray(records)) throw new ControlProblem('"records" must be a list.');
  return records.filter(isRecord);
}

function isRecord(value: unknown): value is CallRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record: Partial<Record<keyof CallRecord, unknown>> = value;
  return (
    typeof record.id === 'string' &&
    typeof record.startedAtMs === 'number' &&
    typeof record.usage === 'object' &&
    typeof record.cost === 'object'
  );
}

/** A member of what was sent; undefined where it has none, or is no object. */
export function memberOf(params: unknown, name: string): unknown {
  return typeof params === 'object' && params !== null ? Reflect.get(params, name) : undefined;
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ControlProblem('An object was expected.');
  return { ...value };
}
