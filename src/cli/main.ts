#!/usr/bin/env node
import { oldNodeSentence } from './nodeVersion.ts';

// The entry of `dist/cli.js`. Nothing that an old Node lacks is loaded before its version has been checked.
const tooOld = oldNodeSentence(process.versions.node);
if (tooOld === null) {
  import('./runCli.ts').then(({ runOnProcess }) => runOnProcess());
} else {
  process.stderr.write(`${tooOld}\n`);
  process.exitCode = 1;
}
