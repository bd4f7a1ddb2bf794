import { claudeCode } from './claudeCode/claudeCode.ts';
import { codex } from './codex/codex.ts';
import type { Reader } from './contract.ts';

/** Every agent whose logs are read, in the order in which they are told of. */
export const readers: readonly Reader[] = [claudeCode, codex];
