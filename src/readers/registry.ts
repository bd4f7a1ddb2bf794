import { claudeCode } from './claudeCode/claudeCode.ts';
import { cline } from './cline/cline.ts';
import { codex } from './codex/codex.ts';
import type { Reader } from './contract.ts';
import { copilot } from './copilot/copilot.ts';
import { geminiCli } from './geminiCli/geminiCli.ts';
import { kilo } from './kilo/kilo.ts';
import { openCode } from './openCode/openCode.ts';
import { qwenCode } from './qwenCode/qwenCode.ts';
import { rooCode } from './rooCode/rooCode.ts';

/** Every agent whose logs are read, in the order in which they are told of. */
export const readers: readonly Reader[] = [
  claudeCode,
  codex,
  copilot,
  cline,
  rooCode,
  kilo,
  openCode,
  geminiCli,
  qwenCode,
];
