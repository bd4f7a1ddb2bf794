import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MeterProcess, startMeterProcess } from '../../support/meterProcess.ts';
import { endStrays } from '../../support/processes.ts';
import {
  type Script,
  type ScriptedUpstream,
  type ScriptUsage,
  type SeenRequest,
  startScriptedUpstream,
} from '../../support/scriptedUpstream.ts';
import { type AgentName, agentPath, agentVersion } from '../../support/toolchain.ts';
import {
  type AgentUser,
  type ConnectOptions,
  connectTerminal,
  createUser,
  type Variables,
  writeHomeFile,
} from './agentTerminal.ts';
import { type ClosedInternet, type PlayedHost, startClosedInternet } from './closedInternet.ts';
import { type ProgramRun, runProgram } from './runProgram.ts';

const routes = ['anthropic', 'openai', 'gemini', 'chatgpt'];

/** Decides what a call is answered with; `index` counts the calls that it was asked for. Gemini CLI's routing call is none of them. */
export type AnswerCall = (request: SeenRequest, index: number) => Script;

export function refusal(status: number): Script {
  return { error: { status, type: 'made_up', message: 'A made-up refusal.' } };
}

export interface RigOptions {
  readonly env?: Variables;
  /** Files of the user's home, by path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly answer: AnswerCall;
  /** A host that the agent would reach without us, played on loopback. */
  readonly played?: PlayedHost;
}

/** A real agent's user, a meter process, a scripted provider behind it and no internet. */
export class AgentRig {
  readonly agent: AgentName;
  readonly dataDir: string;
  readonly upstream: ScriptedUpstream;
  readonly internet: ClosedInternet;
  readonly user: AgentUser;
  meter: MeterProcess;
  readonly #root: string;

  private constructor(parts: {
    readonly root: string;
    readonly upstream: ScriptedUpstream;
    readonly internet: ClosedInternet;
    readonly user: AgentUser;
    readonly meter: MeterProcess;
  }) {
    this.agent = parts.user.agent;
    this.#root = parts.root;
    this.dataDir = join(parts.root, 'data');
    this.upstream = parts.upstream;
    this.internet = parts.internet;
    this.user = parts.user;
    this.meter = parts.meter;
  }

  static async start(agent: AgentName, options: RigOptions): Promise<AgentRig> {
    const root = mkdtempSync(join(tmpdir(), `outlay-${agent}-`));
    const upstream = await startScriptedUpstream({ script: scriptOf(options.answer) });
    const internet = await startClosedInternet(options.played ?? null);
    const authorityPath = join(root, 'authority.pem');
    if (internet.authority !== null) writeFileSync(authorityPath, internet.authority);
    const trust: Variables = internet.authority === null ? {} : { NODE_EXTRA_CA_CERTS: authorityPath };
    const user = await createUser(agent, { root, proxyUrl: internet.proxyUrl, env: { ...trust, ...options.env } });
    for (const [path, content] of Object.entries(options.files ?? {})) await writeHomeFile(user, path, content);
    const meter = await startRigMeter(join(root, 'data'), upstream);
    return new AgentRig({ root, upstream, internet, user, meter });
  }

  /** What the provider was asked to generate, in the order in which it came. */
  get asked(): readonly SeenRequest[] {
    return this.upstream.requests.filter(({ api }) => api !== null);
  }

  /** The environment of a terminal that Outlay connects now. */
  connect(options: Pick<ConnectOptions, 'assumeFirstParty'> = {}): Promise<Variables> {
    return connectTerminal(this.user, { meter: this.meter, dataDir: this.dataDir, ...options });
  }

  /** Types a command into a shell of that terminal: what the PATH says is what runs. */
  run(argv: readonly string[], env: Variables): Promise<ProgramRun> {
    return runProgram(['/bin/sh', '-c', 'exec "$@"', 'sh', ...argv], { env, cwd: this.user.cwd });
  }

  /** kill -9, and what a window does next: a meter on the same data folder. */
  async crashAndRestartMeter(): Promise<void> {
    await this.meter.kill();
    this.meter = await startRigMeter(this.dataDir, this.upstream);
  }

  async dispose(): Promise<void> {
    await this.meter.kill();
    await this.upstream.stop();
    await this.internet.close();
    await endStrays(this.#root);
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Figures that no other answer has, so that a row of the books belongs to one answer only. */
export function usageOf({ api, index }: SeenRequest, script: Script): ScriptUsage {
  const writesCache = api === 'anthropic-messages';
  return {
    inputTokens: 1000 + index,
    cacheReadTokens: 20_000 + index,
    cacheWrite5mTokens: writesCache ? 300 + index : 0,
    cacheWrite1hTokens: writesCache ? 400 + index : 0,
    outputTokens: 900 + index,
    thinkingTokens: script.thinking === undefined ? 0 : 500 + index,
    webSearches: 0,
  };
}

function scriptOf(answer: AnswerCall): (request: SeenRequest) => Script {
  let calls = 0;
  return (request) => {
    const script = answer(request, calls);
    calls += 1;
    return { ...script, usage: usageOf(request, script) };
  };
}

function startRigMeter(dataDir: string, upstream: ScriptedUpstream): Promise<MeterProcess> {
  return startMeterProcess({ dataDir, upstreams: Object.fromEntries(routes.map((name) => [name, upstream.origin])) });
}

/** Runs the agent for its version, which must be the pinned one, and says which binary it was. */
export async function reportVersion(agent: AgentName): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), `outlay-${agent}-`));
  const internet = await startClosedInternet();
  try {
    const user = await createUser(agent, { root, proxyUrl: internet.proxyUrl });
    const { stdout } = await runProgram([agentPath(agent), '--version'], { env: user.env, cwd: user.cwd });
    const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? `none in ${JSON.stringify(stdout)}`;
    console.info(`${agentPath(agent)}: version ${version}, pinned ${agentVersion(agent)}`);
    return version;
  } finally {
    await internet.close();
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  }
}
