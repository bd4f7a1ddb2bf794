import { describe, expect, it } from 'vitest';
import { type Usage, unknownUsage, zeroUsage } from '../../../src/domain/usage.ts';
import { type Evidence, settleUsage } from '../../../src/meter/observe/settleUsage.ts';
import { noResponseFacts, type RequestFacts } from '../../../src/wire/contract.ts';

const usage = (fields: Partial<Usage>): Usage => ({ ...zeroUsage, thinkingTokens: null, ...fields });

const request: RequestFacts = {
  model: 'm',
  stream: true,
  effort: null,
  maxOutputTokens: null,
  serviceTier: null,
  speed: null,
  session: null,
  textBytes: 400,
  problems: [],
};

const evidence = (fields: Partial<Evidence>): Evidence => ({
  end: 'complete',
  httpStatus: 200,
  facts: noResponseFacts,
  request,
  countedVisibleTokens: 0,
  countedThinkingTokens: 0,
  incomplete: false,
  ...fields,
});

describe('settleUsage', () => {
  it('takes a final report as it is', () => {
    const reported = usage({ inputTokens: 10, outputTokens: 5, thinkingTokens: 2 });
    const settled = settleUsage(
      evidence({
        facts: { ...noResponseFacts, parts: [{ model: null, usage: reported }], usageState: 'final', complete: true },
        countedVisibleTokens: 999,
      }),
    );
    expect(settled).toMatchObject({
      status: 'ok',
      provenance: 'reported',
      usage: reported,
      thinkingAtLeastTokens: null,
    });
  });

  it('estimates input and output where a whole answer came without any usage', () => {
    const settled = settleUsage(evidence({ facts: { ...noResponseFacts, complete: true }, countedVisibleTokens: 7 }));
    expect(settled.status).toBe('ok');
    expect(settled.provenance).toBe('estimated');
    expect(settled.usage.inputTokens).toBe(100);
    expect(settled.usage.outputTokens).toBe(7);
  });

  it('keeps the reported input of a stream that was cut and counts its output', () => {
    const interim = usage({ inputTokens: 1234, cacheReadTokens: 50, outputTokens: 1 });
    const settled = settleUsage(
      evidence({
        end: 'upstream-cut',
        facts: { ...noResponseFacts, parts: [{ model: null, usage: interim }], usageState: 'interim' },
        countedVisibleTokens: 40,
      }),
    );
    expect(settled).toMatchObject({ status: 'truncated', provenance: 'partial' });
    expect(settled.usage).toMatchObject({ inputTokens: 1234, cacheReadTokens: 50, outputTokens: 40 });
  });

  it('takes a stream that was stopped at the line as one that was cut', () => {
    const interim = usage({ inputTokens: 1234, outputTokens: 1 });
    const facts = { ...noResponseFacts, parts: [{ model: null, usage: interim }], usageState: 'interim' } as const;
    const settled = settleUsage(evidence({ end: 'stopped', facts, countedVisibleTokens: 40 }));
    expect(settled).toMatchObject({ status: 'truncated', provenance: 'partial' });
    expect(settled.usage).toMatchObject({ inputTokens: 1234, outputTokens: 40 });
  });

  it('takes no thinking of an interim report for unknown where thinking was seen', () => {
    const interim = usage({ inputTokens: 9, outputTokens: 0, thinkingTokens: 0 });
    const facts = { ...noResponseFacts, parts: [{ model: null, usage: interim }], usageState: 'interim' } as const;
    const cut = (change: Partial<typeof noResponseFacts>) =>
      settleUsage(evidence({ end: 'client-gone', countedThinkingTokens: 70, facts: { ...facts, ...change } }));
    expect(cut({ thinkingSeen: true, thinkingHidden: true })).toMatchObject({
      usage: { outputTokens: 70, thinkingTokens: null },
      thinkingAtLeastTokens: 70,
    });
    expect(cut({ thinkingSeen: true }).usage.thinkingTokens).toBe(70);
    expect(cut({}).usage.thinkingTokens).toBe(0);
  });

  it('does not lower the output below what the provider had reported before the cut', () => {
    const interim = usage({ inputTokens: 1, outputTokens: 90 });
    const settled = settleUsage(
      evidence({
        end: 'upstream-cut',
        facts: { ...noResponseFacts, parts: [{ model: null, usage: interim }], usageState: 'interim' },
        countedVisibleTokens: 40,
      }),
    );
    expect(settled.usage.outputTokens).toBe(90);
  });

  it('calls a stream without its end marker truncated although the connection closed cleanly', () => {
    expect(settleUsage(evidence({})).status).toBe('truncated');
  });

  it('calls a call aborted when the agent left, but not when the answer was whole by then', () => {
    expect(settleUsage(evidence({ end: 'client-gone' })).status).toBe('aborted');
    const whole = { ...noResponseFacts, complete: true };
    expect(settleUsage(evidence({ end: 'client-gone', facts: whole })).status).toBe('ok');
  });

  it('books a refused request with no usage as zero, not as unknown', () => {
    const settled = settleUsage(
      evidence({ httpStatus: 429, facts: { ...noResponseFacts, errorType: 'rate_limit_error', complete: true } }),
    );
    expect(settled).toMatchObject({ status: 'error', provenance: 'reported', usage: zeroUsage });
  });

  it('books a request that reached nobody as an error of nothing', () => {
    const settled = settleUsage(evidence({ end: 'no-upstream', httpStatus: 502 }));
    expect(settled).toMatchObject({ status: 'error', usage: zeroUsage });
  });

  it('leaves output unknown when nothing of an answer was seen', () => {
    const settled = settleUsage(evidence({ end: 'client-gone', httpStatus: null, request: null }));
    expect(settled.usage).toEqual(unknownUsage);
  });

  it('keeps hidden thinking unknown with the lower bound that was seen', () => {
    const reported = usage({ inputTokens: 10, outputTokens: 500 });
    const settled = settleUsage(
      evidence({
        facts: {
          ...noResponseFacts,
          parts: [{ model: null, usage: reported }],
          usageState: 'final',
          complete: true,
          thinkingSeen: true,
          thinkingHidden: true,
        },
        countedThinkingTokens: 60,
      }),
    );
    expect(settled.usage.thinkingTokens).toBeNull();
    expect(settled.thinkingAtLeastTokens).toBe(60);
  });

  it('does not call a clean end truncated when it was we who could not read it', () => {
    expect(settleUsage(evidence({ incomplete: true }))).toMatchObject({ status: 'ok', provenance: 'estimated' });
  });

  it('fills what a final report leaves out with a marked estimate, instead of pricing it as nothing', () => {
    const reported = usage({ inputTokens: null, cacheReadTokens: 40, outputTokens: 5, thinkingTokens: 2 });
    const settled = settleUsage(
      evidence({
        facts: { ...noResponseFacts, parts: [{ model: null, usage: reported }], usageState: 'final', complete: true },
        countedVisibleTokens: 3,
      }),
    );
    expect(settled).toMatchObject({
      status: 'ok',
      provenance: 'estimated',
      usage: { inputTokens: 100, cacheReadTokens: 40, outputTokens: 5, thinkingTokens: 2 },
    });
  });
});
