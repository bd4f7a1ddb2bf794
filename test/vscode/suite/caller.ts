import assert from 'node:assert/strict';
import { type Disposable, extensions, workspace } from 'vscode';
import { type Limits, noLimits } from '../../../src/domain/budget.ts';
import type { CallRecord } from '../../../src/domain/call.ts';
import type { Task } from '../../../src/domain/task.ts';
import type { MeterLock } from '../../../src/protocol/control.ts';
import { callControl } from '../../../src/protocol/controlClient.ts';
import { readMeterLock } from '../../../src/protocol/meterLock.ts';
import type { AnsweredCall, Script } from '../../support/scriptedUpstream.ts';
import { activatedOutlay, until } from './outlay.ts';

export interface WayOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** What the second extension can do; see callerExtension/extension.mjs. */
export interface Caller {
  provideModel(origin: string, headers: Readonly<Record<string, string>>): Disposable;
  readonly ways: Readonly<Record<string, (url: string, options: WayOptions) => Promise<Answer>>>;
  readonly inBodies: Readonly<
    Record<
      string,
      (
        url: string,
        options: {
          readonly headers: Readonly<Record<string, string>>;
          readonly pieces: readonly (string | null)[];
          readonly pauseMs: number;
        },
      ) => Promise<Answer>
    >
  >;
  readonly sdks: Readonly<
    Record<string, (origin: string, headers: Readonly<Record<string, string>>) => Promise<unknown[]>>
  >;
  agentLoop(
    origin: string,
    options: { readonly headers: Readonly<Record<string, string>>; readonly most: number },
  ): Promise<{ readonly turns: number; readonly status: number | null; readonly text: string }>;
  neverRead(url: string, options: WayOptions): Promise<{ readonly status: number; leave(): Promise<void> }>;
  overHttp2(
    origin: string,
    options: { readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly body: string },
  ): Promise<string>;
  readonly hostile: { replaceFetch(): typeof fetch; restoreFetch(): void; currentFetch(): typeof fetch };
}

export const upstreamOrigin = process.env['OUTLAY_TEST_UPSTREAM'] ?? '';

export async function activatedCaller(): Promise<Caller> {
  const extension = extensions.getExtension<Caller>('fixture.caller');
  assert(extension !== undefined, 'the calling extension is not installed');
  return extension.activate();
}

export async function observe(setting: 'on' | 'off'): Promise<void> {
  await workspace.getConfiguration().update('outlay.extensions.observe', setting, true);
  const outlay = await activatedOutlay();
  await outlay.settled();
  await until('the observer', () => outlay.observes() === (setting === 'on'));
}

export function headersFor(script: Script): Readonly<Record<string, string>> {
  return { 'content-type': 'application/json', 'x-api-key': 'sk-made-up', 'x-script': JSON.stringify(script) };
}

export function messageBody(change: object = {}): string {
  return JSON.stringify({
    model: 'claude-sonnet-4-5',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'ping' }],
    ...change,
  });
}

/** What the upstream says that it answered, by the id of the request. */
export async function answeredCalls(): Promise<ReadonlyMap<string, AnsweredCall>> {
  const log = (await (await fetch(`${upstreamOrigin}/-/calls`)).json()) as { readonly calls: readonly AnsweredCall[] };
  return new Map(log.calls.map((call) => [call.requestId, call]));
}

/** Waits for so many booked calls, and gives them, oldest first. */
export async function bookedCalls(count: number): Promise<readonly CallRecord[]> {
  const outlay = await activatedOutlay();
  const recent = (): readonly CallRecord[] => outlay.state().snapshot?.recent ?? [];
  await until(`${count} calls in the books`, () => recent().length >= count);
  return recent().toSorted((a, b) => a.startedAtMs - b.startedAtMs);
}

async function meter(): Promise<MeterLock> {
  const lock = await readMeterLock(process.env['OUTLAY_DATA_DIR'] ?? '');
  assert(lock !== null, 'the meter has no lock file');
  return lock;
}

/** A task that is active in this window, with or without a hard budget. */
export async function activeTask(limits: Partial<Limits> = {}): Promise<Task> {
  const outlay = await activatedOutlay();
  const { view } = await callControl(await meter(), 'newTask', {
    title: 'A task of the test',
    workspaceId: outlay.state().workspaceId,
    folder: null,
    branch: null,
    checkCommand: null,
    limits: { ...noLimits, ...limits },
    mode: 'steady',
    countsSubscription: false,
    activate: true,
    by: 'test',
  });
  await until(
    'the task',
    () => outlay.state().snapshot?.tasks.tasks.some(({ task }) => task.id === view.task.id) === true,
  );
  return view.task;
}

export async function deleteTask(id: string): Promise<void> {
  await callControl(await meter(), 'deleteTask', { id });
}
