import { runOnProcess } from './runCli.ts';

// The entry of `dist/cli.js`, whose launcher has checked Node's version before this is loaded.
void runOnProcess();
