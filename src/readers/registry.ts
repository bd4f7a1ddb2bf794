import { aider } from './aider/aider.ts';
import { amp } from './amp/amp.ts';
import { claudeCode } from './claudeCode/claudeCode.ts';
import { cline } from './cline/cline.ts';
import { codex } from './codex/codex.ts';
import { continueDev } from './continueDev/continueDev.ts';
import type { Reader } from './contract.ts';
import { copilot } from './copilot/copilot.ts';
import { cursor } from './cursor/cursor.ts';
import { droid } from './droid/droid.ts';
import { geminiCli } from './geminiCli/geminiCli.ts';
import { goose } from './goose/goose.ts';
import { kilo } from './kilo/kilo.ts';
import { kimi } from './kimi/kimi.ts';
import { openCode } from './openCode/openCode.ts';
import { pi } from './pi/pi.ts';
import { qwenCode } from './qwenCode/qwenCode.ts';
import { rooCode } from './rooCode/rooCode.ts';
import { zed } from './zed/zed.ts';

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
  goose,
  amp,
  continueDev,
  droid,
  kimi,
  pi,
  zed,
  aider,
  cursor,
];
