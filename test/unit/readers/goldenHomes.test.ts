import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readers } from '../../../src/readers/registry.ts';
import { buildHome, homesDir } from './builtHome.ts';
import { merged } from './mergedCalls.ts';
import { readHome } from './readHome.ts';

const removals: (() => void)[] = [];

afterEach(() => {
  for (const remove of removals.splice(0)) remove();
});

/** Agents whose goldens were counted by a person are tested by themselves. */
const counted = new Set(['claude-code', 'codex']);
const withHomes = readers.filter(({ agent }) => existsSync(join(homesDir, agent)) && !counted.has(agent));

describe.each(withHomes.map((reader) => [reader.agent, reader] as const))('the home of %s', (agent, reader) => {
  const golden = JSON.parse(readFileSync(join(homesDir, agent, 'golden.json'), 'utf8')) as unknown;

  it('is read as its golden file says', () => {
    const home = buildHome(agent);
    removals.push(home.remove);
    const { observations, problems } = readHome(reader, home);
    const told = problems.map(({ code, detail }) => ({ code, detail }));
    expect({ calls: merged(observations), problems: told }).toEqual(golden);
  });

  it('says where its shapes are known from', () => {
    expect(readFileSync(join(homesDir, agent, 'NOTE.md'), 'utf8').length).toBeGreaterThan(100);
  });

  it('tells the same calls when it is read once more from where it was left', () => {
    const home = buildHome(agent);
    removals.push(home.remove);
    const first = readHome(reader, home);
    const again = readHome(reader, home, first);
    expect(merged([...first.observations, ...again.observations])).toEqual(merged(first.observations));
  });

  it('has nothing to tell of in a home without it', () => {
    expect(readHome(reader, { homeDir: join(homesDir, 'nobody') })).toMatchObject({
      files: [],
      observations: [],
      problems: [],
    });
  });
});
