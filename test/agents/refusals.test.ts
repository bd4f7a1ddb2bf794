import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { Script } from '../support/scriptedUpstream.ts';
import { refused, ScriptedGate, ScriptedPass } from '../unit/gateway/scriptedGate.ts';
import { GatedAgent, type GatedAgentName } from './support/gatedAgent.ts';
import type { ProgramRun } from './support/runProgram.ts';

const sentence = "Outlay: the budget of 'Fix login' ($5.00) is used up: $4.98 spent. Extend it in the Outlay sidebar.";
/** For how long an agent that does not end by itself is watched after its first refusal, and the time that it may take to start. */
const patienceMs = 60_000 + 30_000;

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** What the agent showed, without colours. */
function shown({ stdout, stderr }: ProgramRun): string {
  return stripVTControlCharacters(`${stdout}${stderr}`);
}

/** What was sent to the provider to be generated. */
function generated(agent: GatedAgent): readonly string[] {
  return agent.upstream.requests.filter(({ api }) => api !== null).map(({ path }) => path);
}

interface Stopped {
  readonly agent: GatedAgent;
  readonly run: ProgramRun;
  /** Requests that came after the stop. */
  readonly further: number;
}

const words = 'One two three four five six seven eight nine ten. '.repeat(40);
const slowly = { chunkChars: 20, pauseMs: 15 };

/** Stops an agent's streamed answers at 3,000 bytes each, since some ask for a title beside the answer, and refuses whatever comes after. */
async function stopInStream(name: GatedAgentName, script: Script): Promise<Stopped> {
  const passes = new Map<string, ScriptedPass>();
  const seenBytes = new Map<string, number>();
  let further = 0;
  let isStopped = false;
  const gate = new ScriptedGate(({ head }) => {
    if (isStopped) {
      further += 1;
      return refused(sentence);
    }
    const pass = new ScriptedPass({ taskId: 'task-1' });
    passes.set(head.id, pass);
    return pass;
  });
  const agent = await GatedAgent.start(name, {
    gate,
    script: { ...slowly, ...script },
    onResponse(id, chunk) {
      const bytes = (seenBytes.get(id) ?? 0) + chunk.length;
      seenBytes.set(id, bytes);
      if (bytes < 3000) return;
      isStopped = true;
      passes.get(id)?.stop(sentence);
      passes.delete(id);
    },
  });
  stops.push(() => agent.dispose());
  const run = await agent.run('say hi', { patienceMs });
  return { agent, run, further };
}

describe.each(['claude', 'codex', 'copilot', 'gemini', 'qwen', 'opencode'] as const)(
  '%s, refused for its budget',
  (name) => {
    it('shows the sentence and asks at most twice more', async () => {
      const gate = new ScriptedGate(() => refused(sentence));
      const agent = await GatedAgent.start(name, { gate });
      stops.push(() => agent.dispose());
      const run = await agent.run('say hi', { patienceMs });
      console.info(`${name}: ${gate.asked.length} requests, ended with ${run.code} after ${run.durationMs} ms`);
      expect(shown(run)).toContain(sentence);
      expect(gate.asked.length).toBeGreaterThanOrEqual(1);
      expect(gate.asked.length).toBeLessThanOrEqual(3);
      expect(generated(agent)).toEqual([]);
      // It is over, so that no more can come.
      expect(run.code).not.toBeNull();
    });
  },
);

describe.each(['claude', 'codex', 'copilot', 'qwen', 'gemini', 'opencode'] as const)(
  '%s, stopped in the middle of an answer',
  (name) => {
    it('shows the sentence and asks at most twice more', async () => {
      const { agent, run, further } = await stopInStream(name, { text: words });
      console.info(`${name}: ${further} further requests, ended with ${run.code}`);
      expect(shown(run)).toContain(sentence);
      expect(further).toBeLessThanOrEqual(2);
      expect(agent.upstream.calls.map(({ end }) => end)).toContain('client-gone');
      expect(run.code).not.toBeNull();
    });
  },
);

describe.each(['claude', 'codex'] as const)('%s, stopped while it thinks', (name) => {
  it('shows the sentence and asks at most twice more', async () => {
    const { run, further } = await stopInStream(name, { thinking: words, text: 'Never said.' });
    console.info(`${name}: ${further} further requests, ended with ${run.code}`);
    expect(shown(run)).toContain(sentence);
    expect(further).toBeLessThanOrEqual(2);
    expect(run.code).not.toBeNull();
  });
});

describe.each([
  ['claude', { name: 'Write', arguments: { file_path: '/tmp/made-up', content: words } }],
  ['codex', { name: 'shell', arguments: { command: ['touch', words] } }],
  ['qwen', { name: 'write_file', arguments: { file_path: '/tmp/made-up', content: words } }],
] as const)('%s, stopped in the middle of a tool call', (name, call) => {
  it('runs no half of it, and shows the sentence at once', async () => {
    const { run, further } = await stopInStream(name, { text: 'Let me do it.', toolCalls: [call] });
    console.info(`${name}: ${further} further requests, ended with ${run.code}`);
    expect(shown(run)).toContain(sentence);
    expect(further).toBe(0);
    expect(run.code).not.toBeNull();
  });
});
