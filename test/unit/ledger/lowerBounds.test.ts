import { afterEach, describe, expect, it } from 'vitest';
import { correctedCost, type LogCorrection, raisedCost } from '../../../src/domain/logCorrection.ts';
import type { PriceImported } from '../../../src/ledger/importContract.ts';
import { lowerBounds } from '../../../src/ledger/lowerBounds.ts';
import type { Ledger } from '../../../src/ledger/openLedger.ts';
import { call, callId, priced } from './callFixtures.ts';
import { atMs, openBooks, told } from './importFixtures.ts';

const dayMs = 86_400_000;
const opened: Ledger[] = [];

afterEach(() => {
  for (const ledger of opened.splice(0)) ledger.close();
});

/** 1 nano-USD a token of input, 10 of output, of which a token of thinking is one. */
const price: PriceImported = ({ usage }) => {
  const inputNanoUsd = usage.inputTokens ?? 0;
  const thinkingNanoUsd = 10 * (usage.thinkingTokens ?? 0);
  const outputNanoUsd = 10 * (usage.outputTokens ?? 0) - thinkingNanoUsd;
  return {
    costNanoUsd: inputNanoUsd + thinkingNanoUsd + outputNanoUsd,
    provenance: 'priced',
    split: { inputNanoUsd, cacheNanoUsd: 0, thinkingNanoUsd, outputNanoUsd },
    rates: [],
    priceVersion: 'plain',
  };
};

type Told = Parameters<typeof told>[0];

/** Books of which only logs tell. */
function booksOf(...changes: readonly Told[]): Ledger {
  const ledger = openBooks(':memory:', undefined, price);
  opened.push(ledger);
  const calls = changes.map((change, index) => told({ responseId: `msg_${index}`, requestId: null, ...change }));
  ledger.writer.bookImport({ calls, logs: [] });
  return ledger;
}

const learned = (agent: string, outputFactor = 3): LogCorrection => ({ agent, sessions: 3, outputFactor });
const ofClaude = [learned('claude-code')];
const partial = { provenance: 'partial' } as const;

/** The sessions of the parts, each as often as it has parts. */
function sessionsIn(ledger: Ledger, corrections: readonly LogCorrection[]): readonly string[] {
  const { parts } = lowerBounds(ledger.reader, corrections, { by: 'model' });
  return parts.map(({ session }) => session).toSorted();
}

describe('lower bounds', () => {
  it('are looked for in no books where nothing was learned', () => {
    const refuses = (): never => expect.unreachable('the books are read');
    const reader = { report: refuses, sessionParts: refuses };
    expect(lowerBounds(reader, [], { by: 'day' })).toEqual({ parts: [], sessions: [] });
  });

  it('have no parts to be read where no session is one, and say which sessions there are all the same', () => {
    const { reader } = booksOf({ session: 'whole' }, { session: 'foreign', agent: 'codex', ...partial });
    const asked = { report: reader.report.bind(reader), sessionParts: () => expect.unreachable('parts are read') };
    const { parts, sessions } = lowerBounds(asked, ofClaude, { by: 'day' });
    expect(parts).toEqual([]);
    expect(sessions.map(({ key }) => key).toSorted()).toEqual(['foreign', 'whole']);
  });

  it('are of sessions with less than the truth, of agents of which something was learned', () => {
    const ledger = booksOf(
      { session: 'bound', ...partial },
      { session: 'whole' },
      { session: 'foreign', agent: 'codex', ...partial },
      { session: 'guessed', ...partial },
      { session: 'guessed', provenance: 'estimated' },
    );
    expect(sessionsIn(ledger, ofClaude)).toEqual(['bound']);
    expect(sessionsIn(ledger, [learned('codex')])).toEqual(['foreign']);
    expect(sessionsIn(ledger, [learned('codex'), ...ofClaude])).toEqual(['bound', 'foreign']);
  });

  it('are of no session that the wire saw too, even in part', () => {
    const ledger = booksOf({ session: 'both', ...partial }, { session: 'bound', ...partial });
    ledger.writer.finish(
      call({ id: callId(1), session: 'both', auth: 'unknown', responseId: 'seen', cost: priced(1, 2) }),
    );
    expect(sessionsIn(ledger, ofClaude)).toEqual(['bound']);
  });

  it('tell a session that a key paid from the same one that a subscription paid', () => {
    const ledger = booksOf(
      { session: 's', auth: 'key', model: 'm1', ...partial },
      { session: 's', auth: 'subscription', model: 'm2' },
    );
    const { parts } = lowerBounds(ledger.reader, ofClaude, { by: 'model' });
    expect(parts).toMatchObject([{ auth: 'key', key: 'm1' }]);
  });

  it('say where in a session what is missing is missing, and come to what the whole session is raised by', () => {
    const ledger = booksOf(
      { session: 's', model: 'm1', ...partial, counts: { outputTokens: 30, thinkingTokens: 10 } },
      { session: 's', model: 'm2', ...partial, counts: { outputTokens: 10, thinkingTokens: null } },
      { session: 's', model: 'm3', counts: { outputTokens: 80, thinkingTokens: 80 } },
      { session: 't', model: 'm1', ...partial, counts: { outputTokens: 5, thinkingTokens: 0 } },
    );
    const { parts, sessions } = lowerBounds(ledger.reader, ofClaude, { by: 'model' });
    const figures = parts
      .map(({ session, key, thinkingNanoUsd, outputNanoUsd }) => [session, key, thinkingNanoUsd, outputNanoUsd])
      .toSorted();
    // All of the 120 tokens of s are raised, in the models that have 30 and 10 of them.
    expect(figures).toEqual([
      ['s', 'm1', 300, 600],
      ['s', 'm2', 0, 300],
      ['t', 'm1', 0, 50],
    ]);
    const cost = sessions.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0);
    expect(cost).toBe(400 + 1250);
    expect(raisedCost(cost, parts, ofClaude)).toEqual(correctedCost(sessions, ofClaude));
    expect(raisedCost(cost, parts, ofClaude)?.costNanoUsd).toBe(cost + 2 * 1250);
  });

  it('are all of a session whose log tells nothing of where its output was less than the truth', () => {
    const ledger = booksOf(
      { session: 's', model: 'm1', ...partial, counts: { outputTokens: 0, thinkingTokens: 0 } },
      { session: 's', model: 'm2', counts: { outputTokens: 7, thinkingTokens: 3 } },
    );
    const { parts } = lowerBounds(ledger.reader, ofClaude, { by: 'model' });
    expect(parts.toSorted((a, b) => (a.key < b.key ? -1 : 1))).toMatchObject([
      { key: 'm1', thinkingNanoUsd: 0, outputNanoUsd: 0 },
      { key: 'm2', thinkingNanoUsd: 30, outputNanoUsd: 40 },
    ]);
  });

  it('begin on the day that is asked for, the parts and the sessions', () => {
    const ledger = booksOf(
      { session: 'old', ...partial },
      { session: 'new', atMs: atMs + dayMs, ...partial },
      { session: 'wide', ...partial },
      { session: 'wide', atMs: atMs + dayMs, ...partial },
      { session: 'long', ...partial },
      { session: 'long', atMs: atMs + dayMs },
    );
    const ask = (sinceDay?: string) => {
      const query = sinceDay === undefined ? {} : { sinceDay };
      const { parts, sessions } = lowerBounds(ledger.reader, ofClaude, { by: 'day', ...query });
      return {
        parts: parts.map(({ session, key }) => `${session} ${key}`).toSorted(),
        sessions: sessions.map(({ key }) => key).toSorted(),
      };
    };
    expect(ask()).toEqual({
      parts: ['long 2026-11-22', 'new 2026-11-23', 'old 2026-11-22', 'wide 2026-11-22', 'wide 2026-11-23'],
      sessions: ['long', 'new', 'old', 'wide'],
    });
    expect(ask('2026-11-23')).toEqual({
      parts: ['new 2026-11-23', 'wide 2026-11-23'],
      sessions: ['long', 'new', 'wide'],
    });
  });
});
