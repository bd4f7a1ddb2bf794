import * as control from '../../../src/meter/control/controlParams.ts';
import { ControlProblem } from '../../../src/meter/control/controlServer.ts';
import { createPricer } from '../../../src/pricing/createPricer.ts';
import { parseOverrides } from '../../../src/pricing/overrides.ts';
import { parseMeterLock } from '../../../src/protocol/meterLock.ts';
import { check, checkFigure, checkUnpolluted } from '../check.ts';

const readers = [
  control.readBeforeMs,
  control.readRecords,
  control.readSettings,
  control.readVersion,
  control.readWorkspace,
] as const;

const emptyBook = { version: 'none', sources: {}, sections: {} };

/** What windows, files and settings may hold: a value or a sentence about it, and prices of one's own that can be counted with. */
export function fuzz(data: Buffer): void {
  let value: unknown;
  try {
    value = JSON.parse(data.toString('utf8'));
  } catch {
    return;
  }
  for (const read of readers) {
    try {
      read(value);
    } catch (error) {
      check(error instanceof ControlProblem, `${read.name} throws ${String(error)}`);
    }
  }
  const lock = parseMeterLock(value);
  if (lock !== null) check(lock.port > 0 && lock.port < 65_536 && lock.token !== '', 'a lock leads nowhere');
  checkPrices(value);
  checkUnpolluted();
}

function checkPrices(value: unknown): void {
  const { overrides, problems } = parseOverrides(value);
  for (const problem of problems) check(problem.length < 2_000, 'a problem is no sentence');
  if (Array.isArray(value)) check(overrides.length <= value.length, 'there are more prices than entries');
  const pricer = createPricer({ book: emptyBook, overrides });
  for (const { match } of overrides) {
    const usage = { ...most, thinkingTokens: 5 };
    const query = { provider: 'openai', model: match.replaceAll('*', 'x'), usage, atMs: Date.UTC(2030, 0, 1) };
    const rest = { serviceTier: 'priority', speed: 'fast', inferenceGeo: 'us', billedNanoUsd: null };
    const { costNanoUsd, split } = pricer.price({ ...query, ...rest });
    checkFigure(costNanoUsd, 'the cost');
    if (split !== null) {
      for (const [name, part] of Object.entries(split)) checkFigure(part, name);
      const sum = split.inputNanoUsd + split.cacheNanoUsd + split.thinkingNanoUsd + split.outputNanoUsd;
      check(sum === costNanoUsd, 'the parts do not add up to the cost');
    }
  }
}

const most = {
  inputTokens: 2_000_000,
  outputTokens: 500_000,
  cacheReadTokens: 900_000,
  cacheWrite5mTokens: 7,
  cacheWrite1hTokens: 70_001,
  thinkingTokens: null,
  webSearches: 3,
  toolCalls: 0,
};
