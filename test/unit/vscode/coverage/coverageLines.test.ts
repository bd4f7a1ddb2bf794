import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentIds } from '../../../../src/manifest/manifest.ts';
import { coverageView } from '../../../../src/protocol/coverageView.ts';
import { TimePrinter } from '../../../../src/protocol/shown.ts';
import { agentCoverage } from '../../../../src/vscode/coverage/agentCoverage.ts';
import { agentTable } from '../../../../src/vscode/coverage/agentTable.ts';
import { agentCommands, type CoverageLineFacts, coverageLines } from '../../../../src/vscode/coverage/coverageLines.ts';
import { findCommands } from '../../../../src/vscode/coverage/findCommands.ts';

const rows = agentCoverage({
  idle: null,
  wanted: agentIds.filter((id) => id !== 'gemini-cli'),
  terminalVariables: new Set(['ANTHROPIC_BASE_URL']),
  hostVariables: new Set(),
  connectsChildProcesses: false,
  cline: 'notConnected',
  isObserving: false,
});

function linesOf(change: Partial<CoverageLineFacts>) {
  return coverageLines({
    ...{ rows, commands: new Set<string>(), extensions: [], isObserving: false, ignored: new Set<string>() },
    ...{ isRemote: false, lastCallMs: new Map(), seenExtensions: new Map(), seenKinds: new Map() },
    ...{ readsLogs: true, lastToldMs: new Map(), ...change },
  });
}

const agentsOf = (change: Partial<CoverageLineFacts>) => linesOf(change).filter(({ about }) => about === 'agent');

const short = (change: Partial<CoverageLineFacts>) =>
  agentsOf(change).map(({ label, way, stop, action }) => [label, way, stop, action?.id ?? null]);

describe('coverage', () => {
  it('names what is installed, and nothing else', () => {
    expect(linesOf({ extensions: ['vscode.git', 'some.theme'] })).toEqual([]);
    expect(short({ commands: new Set(['claude', 'gemini', 'cline']) })).toEqual([
      ['Claude Code (claude)', 'gateway', 'ends', null],
      ['Cline CLI (cline)', 'none', 'none', 'connectCline'],
      ['Gemini CLI (gemini)', 'none', 'none', 'openTerminalsSetting'],
    ]);
  });

  it('tells what is observed inside VS Code and what a budget can do there', () => {
    const extensions = ['Saoudrizwan.claude-dev', 'Continue.continue'];
    expect(short({ extensions })).toEqual([
      ['Cline (extension)', 'none', 'none', 'observe'],
      ['Continue (extension)', 'none', 'none', 'observe'],
    ]);
    expect(short({ extensions, isObserving: true, ignored: new Set(['continue.continue']) })).toEqual([
      ['Cline (extension)', 'host', 'refuses', 'stopObserving'],
      ['Continue (extension)', 'none', 'none', 'openIgnoreSetting'],
    ]);
  });

  it('promises nothing of Copilot Chat on the desktop, nor of processes that cannot be reached', () => {
    const extensions = ['GitHub.copilot-chat', 'openai.chatgpt', 'anthropic.claude-code'];
    const observed = { extensions, isObserving: true };
    expect(short(observed)).toEqual([
      ['Claude Code (extension)', 'none', 'none', 'openChildProcessSetting'],
      ['Codex (extension)', 'none', 'none', null],
      ['Copilot Chat (extension)', 'none', 'none', null],
    ]);
    expect(short({ ...observed, isRemote: true })[0]).toEqual([
      'Copilot Chat (extension)',
      'host',
      'refuses',
      'stopObserving',
    ]);
  });

  it('marks kinds of calls that are only observed, or not seen, on lines of their own', () => {
    const kinds = (change: Partial<CoverageLineFacts>) =>
      linesOf(change).flatMap(({ about, id, way, stop }) => (about === 'kind' ? [[id, way, stop]] : []));
    const seen = [
      ['kind:http2', 'host', 'none'],
      ['kind:desktopNetwork', 'none', 'none'],
      ['kind:webSocket', 'none', 'none'],
      ['kind:agentHost', 'none', 'none'],
    ];
    expect(kinds({ isObserving: true })).toEqual(seen);
    expect(kinds({ isObserving: true, isRemote: true })).toEqual(seen.toSpliced(1, 1));
    expect(kinds({ extensions: ['continue.continue'] })).toEqual([]);
    const facts = (change: Partial<CoverageLineFacts>) =>
      coverageView(linesOf({ isObserving: true, ...change }), { nowMs: 0, times: new TimePrinter('UTC') }).map(
        (row) => row.facts,
      );
    expect(facts({})).toEqual([
      ['inside VS Code', 'cannot be stopped', 'no call in this window yet'],
      ['not seen'],
      ['not seen'],
      ['not seen'],
    ]);
    const seenKinds = new Map([
      ['http2', 60_000],
      ['webSocket', 120_000],
    ] as const);
    expect(facts({ seenKinds })).toEqual([
      ['inside VS Code', 'cannot be stopped', 'last call 00:01'],
      ['not seen'],
      ['not seen', 'last opened 00:02'],
      ['not seen'],
    ]);
    const lastCallMs = new Map([['continue', 60_000]]);
    expect(facts({ isObserving: false, extensions: ['continue.continue'], lastCallMs })).toEqual([['not seen']]);
    for (const { detail } of linesOf({ isObserving: true })) expect(detail).toMatch(/\.$/);
  });

  it('shows who else was seen calling, and when each last did', () => {
    const seenExtensions = new Map([
      ['some.agent', 5_000],
      ['', 6_000],
    ]);
    const lines = agentsOf({
      isObserving: true,
      seenExtensions,
      extensions: ['continue.continue'],
      lastCallMs: new Map([['continue', 7_000]]),
    });
    expect(lines.map(({ label, lastCallAtMs }) => [label, lastCallAtMs])).toEqual([
      ['Continue (extension)', 7_000],
      ['some.agent', 5_000],
    ]);
  });

  it('shows an agent that nothing else sees by its log, with the last call that the log told of', () => {
    const change = {
      commands: new Set(['claude', 'gemini']),
      extensions: ['openai.chatgpt'],
      lastCallMs: new Map([['claude-code', 9_000]]),
      lastToldMs: new Map([
        ['claude-code', 8_000],
        ['gemini-cli', 7_000],
        ['codex', 6_000],
        ['amp', 5_000],
        ['', 4_000],
      ]),
    };
    const lines = linesOf(change);
    expect(lines.map(({ label, way, stop, lastCallAtMs }) => [label, way, stop, lastCallAtMs])).toEqual([
      ['Amp (logs)', 'transcript', 'none', 5_000],
      ['Claude Code (claude)', 'gateway', 'ends', 9_000],
      ['Codex (extension)', 'transcript', 'none', 6_000],
      ['Gemini CLI (gemini)', 'transcript', 'none', 7_000],
    ]);
    // What would let its calls be seen as they pass is still one click away.
    expect(lines.find(({ id }) => id === 'command:gemini')?.action?.id).toBe('openTerminalsSetting');
    for (const { way, detail } of lines)
      expect(detail.startsWith('Its own logs are read: ')).toBe(way === 'transcript');
    expect(linesOf({ ...change, readsLogs: false }).map(({ way }) => way)).toEqual(['gateway', 'none', 'none']);
  });

  it('says of every click what it changes and how it is undone', () => {
    const lines = linesOf({
      commands: new Set(agentCommands.map(({ command }) => command)),
      extensions: ['saoudrizwan.claude-dev', 'anthropic.claude-code'],
    });
    const changes = lines.flatMap(({ action }) => (action === null ? [] : [action.changes]));
    expect(changes.length).toBeGreaterThan(3);
    for (const text of changes) expect(text).toMatch(/undoes|undo|puts|takes/);
    for (const { detail } of lines) expect(detail).toMatch(/\.$/);
  });

  it('knows every command by a row of the one table', () => {
    const labels = new Set(agentTable.map(({ label }) => label));
    expect(agentCommands.filter(({ row }) => !labels.has(row))).toEqual([]);
  });

  it('is printed with nothing left open', () => {
    const [seen, unseen] = coverageView(
      linesOf({ commands: new Set(['claude', 'gemini']), lastCallMs: new Map([['claude-code', 3_600_000]]) }),
      { nowMs: 7_200_000, times: new TimePrinter('UTC') },
    );
    expect(seen?.facts).toEqual(['by the gateway', 'ends at a budget', 'last call 01:00']);
    expect(unseen?.facts).toEqual(['not seen']);
  });
});

describe('the search for commands', () => {
  it('finds what can be run on the PATH, and stands what is not there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'outlay-path-'));
    writeFileSync(join(folder, 'claude'), '');
    chmodSync(join(folder, 'claude'), 0o755);
    writeFileSync(join(folder, 'codex'), '');
    chmodSync(join(folder, 'codex'), 0o644);
    const PATH = ['/no/such/folder', folder, folder].join(delimiter);
    expect([...(await findCommands(['claude', 'codex', 'gemini'], { PATH }, 'linux'))]).toEqual(['claude']);
    expect([...(await findCommands(['claude'], {}, 'linux'))]).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});
