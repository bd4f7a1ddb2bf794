import { describe, expect, it } from 'vitest';
import { noLimits } from '../../../../src/domain/budget.ts';
import type { Task } from '../../../../src/domain/task.ts';
import { TaskDirectory } from '../../../../src/meter/budget/taskDirectory.ts';

const taskOf = (letter: string, fields: Partial<Task> = {}): Task => ({
  id: `task-${letter.repeat(16)}`,
  title: letter,
  workspaceId: 'ws-1',
  folder: null,
  branch: null,
  checkCommand: null,
  state: 'open',
  createdAtMs: 0,
  endedAtMs: null,
  limits: noLimits,
  mode: 'steady',
  countsSubscription: false,
  outcomeBy: null,
  proposal: null,
  ...fields,
});

function directoryWith(...tasks: readonly Task[]) {
  const bound: [string, string | null][] = [];
  const directory = new TaskDirectory(
    {
      bindSession: (session, taskId) => {
        bound.push([session, taskId]);
        return Promise.resolve(0);
      },
    },
    () => undefined,
  );
  directory.load({ tasks: [], bindings: [], active: [] });
  for (const task of tasks) directory.put(task);
  return { directory, bound };
}

const a = taskOf('a');
const b = taskOf('b');
const origin = { workspaceId: 'ws-1', taskId: null, session: 's' };

describe('The task of a call', () => {
  it('is the one that its address names, whatever is active', () => {
    const { directory } = directoryWith(a, b);
    directory.activate('ws-1', b.id);
    expect(directory.assign({ ...origin, taskId: a.id })).toBe(a);
  });

  it('is the task that was active at the session’s first call, also after another one became active', () => {
    const { directory, bound } = directoryWith(a, b);
    directory.activate('ws-1', a.id);
    directory.assign(origin);
    directory.activate('ws-1', b.id);
    expect(directory.assign(origin)).toBe(a);
    expect(bound).toEqual([['s', a.id]]);
  });

  it('stays none for a session that began while none was active', () => {
    const { directory, bound } = directoryWith(a);
    expect(directory.assign(origin)).toBeNull();
    directory.activate('ws-1', a.id);
    expect(directory.assign(origin)).toBeNull();
    expect(bound).toEqual([['s', null]]);
  });

  it('is another in another workspace', () => {
    const { directory } = directoryWith(a);
    directory.activate('ws-1', a.id);
    expect(directory.assign({ ...origin, workspaceId: 'ws-2' })).toBeNull();
  });

  it('is where the user moved the session, above what its address names', () => {
    const { directory } = directoryWith(a, b);
    directory.assign({ ...origin, taskId: a.id });
    directory.move('s', b.id);
    expect(directory.assign({ ...origin, taskId: a.id })).toBe(b);
    directory.move('s', null);
    expect(directory.assign({ ...origin, taskId: a.id })).toBeNull();
  });

  it('binds nothing for a call without a session', () => {
    const { directory, bound } = directoryWith(a);
    directory.activate('ws-1', a.id);
    expect(directory.assign({ ...origin, session: null })).toBe(a);
    expect(bound).toEqual([]);
  });

  it('is none once its task was deleted', () => {
    const { directory } = directoryWith(a);
    directory.activate('ws-1', a.id);
    directory.assign(origin);
    directory.remove(a.id);
    expect(directory.assign(origin)).toBeNull();
    expect(directory.ownerOf(a.id)).toEqual({ workspaceId: 'default', taskId: null });
  });
});

describe('The active task', () => {
  it('ends with its task', () => {
    const { directory } = directoryWith(a);
    directory.activate('ws-1', a.id);
    directory.put({ ...a, state: 'passed' });
    expect(directory.active()).toEqual({});
  });
});

describe('The second segment of a base URL', () => {
  it('names a workspace, or a task with the workspace that it was made in', () => {
    const { directory } = directoryWith(a, taskOf('c', { workspaceId: null }));
    expect(directory.ownerOf('ws-9')).toEqual({ workspaceId: 'ws-9', taskId: null });
    expect(directory.ownerOf(a.id)).toEqual({ workspaceId: 'ws-1', taskId: a.id });
    expect(directory.ownerOf(`task-${'c'.repeat(16)}`)).toEqual({
      workspaceId: 'default',
      taskId: `task-${'c'.repeat(16)}`,
    });
  });

  it('keeps the task that it names while the tasks cannot be read', () => {
    const directory = new TaskDirectory({ bindSession: () => Promise.resolve(0) }, () => undefined);
    expect(directory.ownerOf(a.id)).toEqual({ workspaceId: 'default', taskId: a.id });
  });
});
