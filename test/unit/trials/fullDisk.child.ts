import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { preflight } from '../../../src/trials/preflight.ts';
import { markedProcesses } from '../../../src/trials/processes/endProcesses.ts';
import { newTrial, TrialRunner } from '../../../src/trials/runTrial.ts';
import { runMarker } from '../../../src/trials/sweep.ts';
import { planOf, rigIn, shellAgent } from './trialFixture.ts';

// Runs a trial on a small disk that its first agent fills, and tells what it came to and what is left.
const [folder = '', repository = '', filler = ''] = process.argv.slice(2);
const script = `echo 1000000 > "$SPEND_FILE"; head -c 200000000 /dev/zero > "${filler}"; setsid sleep 300 & sleep 300`;

async function main(): Promise<void> {
  const rig = rigIn(folder);
  const plan = planOf(repository, { contenders: [shellAgent('greedy', script)], runs: 3, parallel: 2 });
  // The look before a start would not let it begin on so small a disk.
  const looked = await preflight(plan, { ...rig.parts, reserveBytes: 0 });
  if (looked.facts === null) throw new Error(looked.problems.join(' '));
  const runner = new TrialRunner(newTrial(looked, Date.now()), looked.facts, rig.parts);
  const { id, end, because, runs } = await runner.run();
  process.stdout.write(
    JSON.stringify({
      ...{ id, end, because },
      outcomes: runs.map(({ outcome }) => outcome),
      kept: (await rig.store.load(id))?.because,
      files: readdirSync(rig.store.folderOf(id)),
      worktrees: readdirSync(join(folder, 'run folder')),
      processes: (await Promise.all(runs.map(({ number }) => markedProcesses(runMarker(id, number))))).flat(),
    }),
  );
}

void main();
