import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/domain/clock.ts';
import type { CallGate, CallTap, GatewayObserver } from '../../../src/gateway/contract.ts';
import { createGateway } from '../../../src/gateway/createGateway.ts';
import { createRoutes } from '../../../src/gateway/routes.ts';
import { upstreamTable } from '../../../src/gateway/upstreams.ts';
import { type Script, type ScriptedUpstream, startScriptedUpstream } from '../../support/scriptedUpstream.ts';
import type { AgentName } from '../../support/toolchain.ts';
import { type AgentUser, createUser, type Variables, writeHomeFile } from './agentTerminal.ts';
import { type ClosedInternet, startClosedInternet } from './closedInternet.ts';
import { type ProgramRun, runProgram } from './runProgram.ts';

/** How each agent is started on one prompt, and told of a gateway. */
interface Starting {
  readonly argv: (bases: Readonly<Record<string, string>>) => readonly string[];
  readonly env: (bases: Readonly<Record<string, string>>) => Variables;
  readonly files?: Readonly<Record<string, string>>;
}

/** Cline takes its base URL from a file of its own, and has tests of its own. */
export type GatedAgentName = Exclude<AgentName, 'cline'>;

const startings: Readonly<Record<GatedAgentName, Starting>> = {
  claude: {
    argv: () => ['claude', '-p'],
    env: (bases) => ({ ANTHROPIC_API_KEY: 'sk-ant-api03-made-up', ANTHROPIC_BASE_URL: bases['anthropic'] ?? '' }),
  },
  codex: {
    argv: (bases) => ['codex', 'exec', '--skip-git-repo-check', '-c', `openai_base_url="${bases['codex'] ?? ''}"`],
    env: () => ({ CODEX_API_KEY: 'sk-made-up' }),
  },
  copilot: {
    argv: () => ['copilot', '--model', 'gpt-5', '--allow-all-tools', '-p'],
    env: (bases) => ({ COPILOT_PROVIDER_API_KEY: 'made-up', COPILOT_PROVIDER_BASE_URL: bases['openai'] ?? '' }),
  },
  gemini: {
    argv: () => ['gemini', '--skip-trust', '-p'],
    env: (bases) => ({ GEMINI_API_KEY: 'made-up-gemini-key', GOOGLE_GEMINI_BASE_URL: bases['gemini'] ?? '' }),
    files: {
      '.gemini/settings.json': JSON.stringify({ security: { auth: { selectedType: 'gemini-api-key' } } }),
    },
  },
  qwen: {
    argv: () => ['qwen', '--auth-type', 'openai', '-p'],
    env: (bases) => ({ OPENAI_API_KEY: 'made-up', OPENAI_MODEL: 'gpt-5', OPENAI_BASE_URL: bases['openai'] ?? '' }),
  },
  opencode: {
    argv: () => ['opencode', 'run', '--model', 'anthropic/claude-sonnet-4-5'],
    env: (bases) => ({ ANTHROPIC_API_KEY: 'made-up-key', ANTHROPIC_BASE_URL: bases['anthropic'] ?? '' }),
  },
};

export interface GatedAgentOptions {
  readonly gate: CallGate;
  readonly script?: Script;
  /** Sees every piece of every answer on its way to the agent. */
  readonly onResponse?: (callId: string, chunk: Uint8Array) => void;
}

/** A real agent behind a gateway whose gate a test scripts, a scripted provider behind that, and no internet. */
export class GatedAgent {
  readonly upstream: ScriptedUpstream;
  readonly internet: ClosedInternet;
  readonly user: AgentUser;
  readonly #agent: GatedAgentName;
  readonly #bases: Readonly<Record<string, string>>;
  readonly #stop: () => Promise<void>;

  private constructor(
    agent: GatedAgentName,
    parts: { upstream: ScriptedUpstream; internet: ClosedInternet; user: AgentUser },
    bases: Readonly<Record<string, string>>,
    stop: () => Promise<void>,
  ) {
    this.#agent = agent;
    this.upstream = parts.upstream;
    this.internet = parts.internet;
    this.user = parts.user;
    this.#bases = bases;
    this.#stop = stop;
  }

  static async start(agent: GatedAgentName, options: GatedAgentOptions): Promise<GatedAgent> {
    const root = mkdtempSync(join(tmpdir(), `outlay-${agent}-`));
    const { script = { text: 'An answer.' } } = options;
    const upstream = await startScriptedUpstream({ script });
    const internet = await startClosedInternet();
    const user = await createUser(agent, { root, proxyUrl: internet.proxyUrl });
    for (const [path, content] of Object.entries(startings[agent].files ?? {}))
      await writeHomeFile(user, path, content);
    const { origin } = upstream;
    let calls = 0;
    const gateway = createGateway({
      token: 'tok_0123456789abcdefghijklmnopqrstuvwxyz-AB',
      routes: createRoutes(
        upstreamTable({ anthropic: origin, openai: origin, gemini: origin, chatgpt: origin }).upstreams,
      ),
      observer: observing(options.onResponse ?? (() => undefined)),
      clock: systemClock,
      log: (message) => console.info(message),
      newCallId: () => {
        calls += 1;
        return `call-${calls}`;
      },
      workspaceUpstream: () => null,
      onControl: null,
      gate: options.gate,
    });
    await gateway.listen(0);
    return new GatedAgent(agent, { upstream, internet, user }, gateway.baseUrls('task-1'), async () => {
      await gateway.close({ graceMs: 0 });
      await upstream.stop();
      await internet.close();
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    });
  }

  /** Runs one prompt, and ends the agent if it has not ended after `patienceMs`. */
  run(
    prompt: string,
    options: { readonly patienceMs?: number; readonly more?: readonly string[] } = {},
  ): Promise<ProgramRun> {
    const starting = startings[this.#agent];
    const env = { ...this.user.env, ...starting.env(this.#bases), NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' };
    const argv = [...starting.argv(this.#bases), ...(options.more ?? []), prompt];
    return runProgram(['/bin/sh', '-c', 'exec "$@"', 'sh', ...argv], {
      env,
      cwd: this.user.cwd,
      patienceMs: options.patienceMs ?? 70_000,
    });
  }

  dispose(): Promise<void> {
    return this.#stop();
  }
}

function observing(onResponse: (callId: string, chunk: Uint8Array) => void): GatewayObserver {
  return {
    begin: ({ id }): CallTap => ({
      requestBytes: () => undefined,
      requestEnd: () => undefined,
      responseHead: () => undefined,
      responseBytes: (chunk) => onResponse(id, chunk),
      end: () => undefined,
    }),
    unmetered: () => undefined,
  };
}
