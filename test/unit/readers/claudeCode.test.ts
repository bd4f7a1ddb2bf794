import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claudeCode } from '../../../src/readers/claudeCode/claudeCode.ts';
import type { Observation } from '../../../src/readers/contract.ts';
import type { WantedFields } from '../../../src/readers/recordSkimmer.ts';
import { callsOf, goldenOf, homeOf } from './goldenCalls.ts';
import { readHome } from './readHome.ts';

const golden = goldenOf('claude-code');

/** What one line of a session tells. */
function observationsOf(message: object): readonly Observation[] {
  const homeDir = mkdtempSync(join(tmpdir(), 'outlay-claude-'));
  try {
    const folder = join(homeDir, '.claude/projects/-w');
    mkdirSync(folder, { recursive: true });
    const line = { type: 'assistant', timestamp: '2026-11-22T12:00:00.000Z', sessionId: 's1', requestId: 'req_1' };
    const whole = { id: 'msg_1', model: 'claude-sonnet-5', stop_reason: 'end_turn', content: [], ...message };
    writeFileSync(join(folder, 's1.jsonl'), `${JSON.stringify({ ...line, message: whole })}\n`);
    const { observations, problems } = readHome(claudeCode, { homeDir });
    expect(problems).toEqual([]);
    return observations;
  } finally {
    rmSync(homeDir, { recursive: true, force: true });
  }
}

describe('the reader of Claude Code', () => {
  it('comes to what a person counted, with the lines that cannot be read', () => {
    const reading = readHome(claudeCode, { homeDir: homeOf('claude-code') });
    expect(callsOf(reading.observations)).toEqual(golden.calls);
    const problems = reading.problems.map((problem) => ({
      line: 'line' in problem ? problem.line : null,
      code: problem.code,
    }));
    expect(problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))).toEqual(golden.problems);
  });

  it('looks at no field of a record but those that it names, so that the rest need not be read', () => {
    const format = claudeCode.paths({ homeDir: '/h', env: {}, platform: 'linux' })[0]?.format;
    if (format?.kind !== 'lines' || !format.fields) throw new Error('The format names no fields.');
    const unnamed = new Set<string>();
    const watched = (value: unknown, fields: true | WantedFields | undefined, path: string): unknown => {
      if (fields === undefined) unnamed.add(path);
      if (typeof value !== 'object' || value === null || fields === true || fields === undefined) return value;
      if (Array.isArray(value)) return value.map((item) => watched(item, fields, path));
      const visit = (name: PropertyKey) =>
        watched(Reflect.get(value, name), fields[String(name)], `${path}.${String(name)}`);
      return new Proxy(value, {
        get: (_, name) => visit(name),
        getOwnPropertyDescriptor: (target, name) => {
          visit(name);
          return Reflect.getOwnPropertyDescriptor(target, name);
        },
      });
    };
    const observations: Observation[] = [];
    const sink = { call: (seen: Observation) => observations.push(seen), problem: () => undefined };
    const file = { path: '/h/s.jsonl', relativePath: 's.jsonl', mtimeMs: 0, beside: () => null };
    const parser = format.open(file, null, { eachRecord: () => false });
    const content = [{ type: 'tool_use', id: 't1' }, { type: 'text' }, 'text'];
    const message = { model: 'm', content, usage: { input_tokens: 1, output_tokens: 2 } };
    const record = { type: 'assistant', timestamp: '2026-11-22T12:00:00.000Z' };
    const ids = { uuid: 'u', requestId: 'r', sessionId: 's', agentId: 'a', cwd: '/w', gitBranch: 'b', effort: 'high' };
    for (const one of [
      { ...record, message },
      { ...record, ...ids, message: { ...message, id: 'i', stop_reason: 'end_turn' } },
      { ...record, isSidechain: true, message: { ...message, usage: { ...message.usage, iterations: [{}] } } },
    ]) {
      parser.line(watched(one, format.fields, 'record') as Readonly<Record<string, unknown>>, sink);
    }
    expect(observations).toHaveLength(3);
    expect([...unnamed]).toEqual([]);
  });

  it.each([
    ['claude-sonnet-5', 'anthropic'],
    ['claude-opus-5-5[1m]', 'anthropic'],
    ['anthropic/claude-opus-4.5', 'anthropic'],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'aws'],
    ['anthropic.claude-sonnet-4-5-20250929-v1:0', 'aws'],
    ['kimi-k3', 'unnamed'],
  ])('takes %s for a model of %s', (model, provider) => {
    const seen = observationsOf({ model, usage: { input_tokens: 1, output_tokens: 2 } });
    expect(seen).toMatchObject([{ model, provider, api: 'anthropic-messages' }]);
  });

  it('reads an advisor as a share of the call with a model of its own, as the gateway does', () => {
    const iteration = (type: string, input: number, model?: string) => ({
      type,
      model,
      input_tokens: input,
      output_tokens: 10,
    });
    const usage = {
      ...{ input_tokens: 300, output_tokens: 20, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
      iterations: [
        iteration('message', 100),
        iteration('advisor_message', 900, 'claude-opus-4-8'),
        iteration('message', 200),
      ],
    };
    const [seen] = observationsOf({ usage });
    expect(seen?.usage).toMatchObject({ inputTokens: 1200, outputTokens: 30, toolCalls: 0 });
    expect(seen?.parts?.map(({ model, usage: part }) => [model, part.inputTokens, part.outputTokens])).toEqual([
      [null, 100, 10],
      [null, 200, 10],
      ['claude-opus-4-8', 900, 10],
    ]);
  });

  it('has no shares where a message was sampled once, or does not say', () => {
    for (const iterations of [undefined, [], [{ type: 'message', input_tokens: 5, output_tokens: 1 }]]) {
      const [seen] = observationsOf({ usage: { input_tokens: 5, output_tokens: 1, iterations } });
      expect([seen?.usage.inputTokens, seen?.parts]).toEqual([5, undefined]);
    }
  });

  it('looks where the variables say, else in both of its own folders and the desktop app’s', () => {
    const pathsOf = (env: Record<string, string>) =>
      claudeCode.paths({ homeDir: '/home/u', env, platform: 'linux' }).map(({ path }) => path);
    const desktop = '/home/u/.config/Claude/local-agent-mode-sessions';
    expect(pathsOf({})).toEqual(['/home/u/.claude/projects', '/home/u/.config/claude/projects', desktop]);
    expect(pathsOf({ CLAUDE_CONFIG_DIR: '/a, ~/b' })).toEqual(['/a/projects', '/home/u/b/projects', desktop]);
    expect(pathsOf({ CLAUDE_CONFIG_DIRS: '/c' })).toEqual(['/c/projects', desktop]);
  });
});
