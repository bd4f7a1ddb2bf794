import { describe, expect, it } from 'vitest';
import { ImportDesk } from '../../../src/meter/import/importDesk.ts';
import type { ImportThread } from '../../../src/meter/import/importThread.ts';
import type { ImportReport } from '../../../src/protocol/imports.ts';

const report = (fields: Partial<ImportReport>): ImportReport => ({
  ...{ files: 3, filesRead: 0, calls: 0, new: 0, merged: 0, forgotten: 0, newCostUsd: 0, firstCallAt: null },
  ...{ agents: ['codex'], problems: [], problemCount: 0, cancelled: false },
  ...fields,
});

const all = { homeDir: null, agent: null };
const first = report({ filesRead: 3, calls: 7, new: 5, newCostUsd: 2, firstCallAt: '2026-01-02T00:00:00.000Z' });
const nothing = report({});

/** A desk whose imports end when the test says so. */
function deskOf() {
  const running: ((done: ImportReport) => void)[] = [];
  const followed: boolean[] = [];
  const thread = {
    import: () => new Promise<ImportReport>((resolve) => running.push(resolve)),
    follow: (place: unknown) => void followed.push(place !== null),
    cancel: () => undefined,
  };
  const desk = new ImportDesk(thread as unknown as ImportThread, { homeDir: '/home/u', env: {}, platform: 'linux' });
  const end = async (done: ImportReport): Promise<void> => {
    running.shift()?.(done);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { desk, end, running, followed };
}

describe('the import desk', () => {
  it('tells whoever asks for it what was read before anybody asked, once', async () => {
    const { desk, end, followed } = deskOf();
    desk.setReading(true);
    await end(first);
    expect(followed).toEqual([true]);
    const asked = desk.import({ ...all, withUntold: true });
    await end(
      report({ filesRead: 1, new: 1, newCostUsd: 1, firstCallAt: '2026-11-01T00:00:00.000Z', agents: ['amp'] }),
    );
    expect(await asked).toEqual({ ...first, filesRead: 4, new: 6, newCostUsd: 3, agents: ['codex', 'amp'] });
    const again = desk.import({ ...all, withUntold: true });
    await end(nothing);
    expect(await again).toEqual(nothing);
  });

  it('tells others only of what they asked for', async () => {
    const { desk, end } = deskOf();
    desk.setReading(true);
    await end(first);
    const asked = desk.import(all);
    await end(nothing);
    expect(await asked).toEqual(nothing);
  });

  it('gives whoever asks while the logs are read that same import, and tells it nobody twice', async () => {
    const { desk, end, running } = deskOf();
    desk.setReading(true);
    const asked = desk.import({ ...all, withUntold: true });
    expect(running).toHaveLength(1);
    await end(first);
    expect(await asked).toEqual(first);
    const again = desk.import({ ...all, withUntold: true });
    await end(nothing);
    expect(await again).toEqual(nothing);
  });
});
