import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CallJsonRow } from '../../src/cli/callsCommand.ts';
import type { ReportJsonRow } from '../../src/cli/reportCommand.ts';
import { exactFigure } from '../../src/domain/figure.ts';
import { formatTokens, formatUsd } from '../../src/domain/format.ts';
import { eventually } from '../support/meterProcess.ts';
import { pricedModel } from './rig/agentCalls.ts';
import { type OutlayWindow, openOutlayWindow, PATIENCE_MS, showSidebar, untilText } from './rig/outlayWindow.ts';
import { pictureOnFailure } from './rig/pictureOnFailure.ts';
import { openTerminal, outputFile, typeLine } from './rig/terminal.ts';

// The main job: a real agent in the integrated terminal, its spend in the sidebar while it streams, and the same books on the command line.

const usd = (costUsd: number | null | undefined): string =>
  formatUsd(exactFigure(Math.round((costUsd ?? Number.NaN) * 1e9)));

let window: OutlayWindow;

beforeAll(async () => {
  window = await openOutlayWindow({ agents: ['claude'] });
});
afterAll(() => window?.stop());
beforeEach(() => pictureOnFailure(window.page));

describe('a real agent in the integrated terminal', () => {
  it('shows its spend while it streams, and afterwards what the command line prints', async () => {
    const { page } = window;
    const sidebar = await showSidebar(window);
    await sidebar.getByRole('heading', { name: 'No calls yet' }).waitFor();
    await untilText(window.figure('today.billed'), '$0.00');

    await openTerminal(page);
    const held = window.upstream.hold('What is the answer to everything?');
    const answer = outputFile(
      window,
      `claude -p 'What is the answer to everything?' --model ${pricedModel} < /dev/null`,
    );
    await typeLine(page, answer.line);
    const stream = await held;
    stream.think('The question is an old one, and its answer is known to be a number below fifty.');
    const card = sidebar.locator('.card', { hasText: pricedModel });
    await card.waitFor();
    const id = await card.getAttribute('data-call');
    const live = (part: string) => window.figure(`live.${id}.${part}`);
    await untilText(live('phase'), 'thinking');
    await untilText(live('thinking'), /^[≈≥]\d+$/);
    const before = await live('visible').textContent();
    stream.say('The answer that you are looking for ');
    await untilText(live('phase'), 'answering');
    stream.say('is the number forty-two, as everybody knows by now.');
    await eventually(
      () => live('visible').textContent(),
      (text) => text !== before,
      PATIENCE_MS,
    );
    await untilText(live('elapsed'), /^\d+ s$/);
    stream.finish();
    expect(await answer.read()).toContain('forty-two');
    await card.waitFor({ state: 'detached' });

    const calls = await window.cli<CallJsonRow>('calls');
    const models = await window.cli<ReportJsonRow>('report', '--by', 'model');
    expect(calls).toHaveLength(window.upstream.messages.length);
    const call = calls.find(({ id: callId }) => callId === id);
    expect(call).toMatchObject({ model: pricedModel, status: 'ok', auth: 'key', agent: 'claude-code' });
    expect(call).toMatchObject({ inputTokens: 12_000, cacheReadTokens: 45_000, outputTokens: 3_200 });
    expect(call).toMatchObject({ thinkingTokens: 1_900, provenance: 'reported', costProvenance: 'priced' });

    const total = usd(models.reduce((sum, row) => sum + (row.costUsd ?? Number.NaN), 0));
    await untilText(window.figure('today.billed'), total);
    await untilText(window.figure('week.billed'), total);
    await untilText(window.statusBar(), `Today ${total}`);
    const model = models.find(({ key }) => key === pricedModel);
    const row = sidebar.locator('.spend-row', { hasText: pricedModel }).first();
    await untilText(row.locator('[data-figure$=".cost"]').first(), usd(model?.costUsd));
    await untilText(window.figure(`call.${id}.cost`), usd(call?.costUsd));
    await untilText(window.figure(`call.${id}.thinking`), formatTokens(exactFigure(1_900)));
    await untilText(window.figure(`call.${id}.output`), formatTokens(exactFigure(3_200 - 1_900)));
  });

  it('keeps the key and the words of the call out of the data folder', async () => {
    const { readdirSync, readFileSync } = await import('node:fs');
    const files = readdirSync(window.dataDir, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const holds = (secret: string) =>
      files.filter((file) => readFileSync(`${file.parentPath}/${file.name}`).includes(secret)).map(({ name }) => name);
    expect(files.length).toBeGreaterThan(1);
    expect(['sk-ant-api03-made-up', 'answer to everything', 'forty-two'].flatMap(holds)).toEqual([]);
  });
});
