import { mutationAreaHere } from './test/mutation/areas.ts';

const { name, area } = mutationAreaHere();

/** Mutation testing of one area, started by `npm run test:mutation <area>`. */
export default {
  // The tests stay loaded from one mutant to the next: see there.
  testRunner: 'in-process',
  plugins: ['./test/mutation/inProcess/testRunner.ts'],
  mutate: area.mutate,
  coverageAnalysis: 'perTest',
  // What runs once when a file is loaded (tables, names, expressions) would need every test of the area for each mutant: a few
  // percent of the mutants, and most of the time.
  ignoreStatic: true,
  concurrency: 1,
  // A mutant that never ends is stopped by a count of what it executes; the clock is only for what that count does not see.
  // The runner has such a clock; this one, which would end the runner itself, is for when that fails.
  timeoutMS: 300_000,
  timeoutFactor: 2,
  incremental: true,
  incrementalFile: `reports/mutation/${name}.incremental.json`,
  reporters: ['json', 'html', 'progress-append-only'],
  jsonReporter: { fileName: `reports/mutation/${name}.json` },
  htmlReporter: { fileName: `reports/mutation/${name}.html` },
  tempDirName: `.stryker-tmp/${name}`,
  symlinkNodeModules: false,
  buildCommand: 'node test/mutation/linkPackages.ts',
  ignorePatterns: ['.cache', '.stryker-tmp', 'dist', 'reports', '*.vsix', 'media'],
  // The compiler of this project has no API of JavaScript, which rewriting its configuration would need.
  tsconfigFile: 'tsconfig.none.json',
  disableTypeChecks: false,
  allowConsoleColors: false,
};
