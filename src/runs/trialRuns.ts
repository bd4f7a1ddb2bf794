import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '../domain/run.ts';
import { readRuns } from './readRuns.ts';

/**
 * The runs of trials, from the results that each trial has written down in the format of imports. Their ids name the trial and the run, so that trials of
 * the same tasks go together. Trials without results, or with ones that cannot be read, have no runs.
 */
export function trialRuns(dataDir: string): readonly Run[] {
  const folder = join(dataDir, 'trials');
  return trialNames(folder).flatMap((name): readonly Run[] => {
    try {
      const read = readRuns(readFileSync(join(folder, name, 'results.jsonl')), 'trial');
      return read.ok ? read.runs : [];
    } catch {
      return [];
    }
  });
}

function trialNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^trial-[a-z0-9]{1,40}$/.test(name))
      .toSorted();
  } catch {
    return [];
  }
}
