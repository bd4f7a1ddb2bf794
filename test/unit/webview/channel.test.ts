import { describe, expect, it } from 'vitest';
import { receive } from '../../../webview/shared/receive.ts';
import { sidebarState } from '../../../webview/shared/stateShape.ts';
import { busyState, failedState, stateOf } from '../../support/sidebarHarness/states.ts';

const nowMs = Date.UTC(2026, 10, 22, 14, 2, 11);

function listen() {
  const heard: string[] = [];
  const handlers = {
    shapes: { state: sidebarState },
    on: { state: () => heard.push('state') },
    onMismatch: (type: string) => heard.push(`mismatch ${type}`),
  };
  return { heard, receive: (data: unknown) => receive(handlers, data) };
}

/** Every path to a leaf of a value, with a copy of the value in which that leaf is a symbol of the wrong type. */
function* broken(value: unknown, path = ''): Generator<{ readonly path: string; readonly value: unknown }> {
  if (typeof value !== 'object' || value === null) {
    yield { path, value: { not: 'a leaf' } };
    return;
  }
  for (const [name, member] of Object.entries(value)) {
    for (const inner of broken(member, `${path}.${name}`)) {
      const copy = Array.isArray(value) ? [...value] : { ...value };
      Object.assign(copy, { [name]: inner.value });
      yield { path: inner.path, value: copy };
    }
  }
}

describe('the way from the extension', () => {
  it('hands on a whole state', () => {
    const channel = listen();
    for (const body of [busyState(nowMs), failedState(nowMs), stateOf()]) channel.receive({ type: 'state', body });
    expect(channel.heard).toEqual(['state', 'state', 'state']);
  });

  it('survives the way through structured clones and JSON', () => {
    expect(sidebarState(JSON.parse(JSON.stringify(busyState(nowMs))))).toBe(true);
  });

  it('reports a state that it does not understand, whatever member is wrong', () => {
    const state = busyState(nowMs);
    const { snapshot } = state;
    const small = { ...state, snapshot: snapshot && { ...snapshot, recent: snapshot.recent.slice(0, 2) } };
    const accepted = [...broken(small)].filter((candidate) => sidebarState(candidate.value)).map(({ path }) => path);
    expect(accepted).toEqual([]);
  });

  it('lets members through that a newer extension may add', () => {
    expect(sidebarState({ ...stateOf(), budgets: [] })).toBe(true);
  });

  it('leaves messages of others alone', () => {
    const channel = listen();
    for (const data of [null, 'x', 7, {}, { type: 'state' }, { type: 'toString', body: {} }, { type: 5, body: {} }]) {
      channel.receive(data);
    }
    expect(channel.heard).toEqual([]);
  });

  it('names the message that is of another version', () => {
    const channel = listen();
    channel.receive({ type: 'state', body: { meter: 'melted' } });
    expect(channel.heard).toEqual(['mismatch state']);
  });
});
