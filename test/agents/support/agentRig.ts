import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgentUpstream, startAgentUpstream } from '../../support/agentUpstream/agentUpstream.ts';
import type { Answer } from '../../support/agentUpstream/dialect.ts';
import { isRoutingCall } from '../../support/agentUpstream/geminiDialect.ts';
import { type MeterProcess, startMeterProcess } from '../../support/meterProcess.ts';
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

export const said = (text: string): Answer => ({ kind: 'text', text });

/** What Gemini CLI's routing call expects; every other call gets `answer`. */
export function afterRouting(answer: AgentUpstream['answer']): AgentUpstream['answer'] {
  return (call, index) =>
    isRoutingCall(call.body) ? said('{"complexity_reasoning":"made up","complexity_score":10}') : answer(call, index);
}

export interface RigOptions {
  readonly env?: Variables;
  /** Files of the user's home, by path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly answer: AgentUpstream['answer'];
  /** A host that the agent would reach without us, played on loopback. */
  readonly played?: PlayedHost;
}

/** A real agent's user, a meter process, a scripted provider behind it and no internet. */
export class AgentRig {
  readonly agent: AgentName;
  readonly dataDir: string;
  readonly upstream: AgentUpstream;
  readonly internet: ClosedInternet;
  readonly user: AgentUser;
  meter: MeterProcess;
  readonly #root: string;

  private constructor(parts: {
    readonly root: string;
    readonly upstream: AgentUpstream;
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
    const upstream = await startAgentUpstream(afterRouting(options.answer));
    const internet = await startClosedInternet(options.played ?? null);
    const authorityPath = join(root, 'authority.pem');
    if (internet.authority !== null) writeFileSync(authorityPath, internet.authority);
    const trust: Variables = internet.authority === null ? {} : { NODE_EXTRA_CA_CERTS: authorityPath };
    const user = await createUser(agent, { root, proxyUrl: internet.proxyUrl, env: { ...trust, ...options.env } });
    for (const [path, content] of Object.entries(options.files ?? {})) await writeHomeFile(user, path, content);
    const meter = await startRigMeter(join(root, 'data'), upstream);
    return new AgentRig({ root, upstream, internet, user, meter });
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
    await this.upstream.close();
    await this.internet.close();
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 5 });
  }
}

function startRigMeter(dataDir: string, upstream: AgentUpstream): Promise<MeterProcess> {
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
