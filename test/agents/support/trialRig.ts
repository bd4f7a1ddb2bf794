import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { TrialStore } from '../../../src/trials/trialStore.ts';
import { projectDir } from '../../support/meterProcess.ts';
import type { Script, SeenRequest } from '../../support/scriptedUpstream.ts';
import { type AgentName, agentPath } from '../../support/toolchain.ts';
import { newRepository } from '../../unit/trials/repositoryFixture.ts';
import { AgentRig, type AnswerCall } from './agentRig.ts';

/** The agents that a trial finds. */
const agents: readonly AgentName[] = ['claude', 'codex', 'copilot', 'gemini', 'opencode'];

const keys = {
  ANTHROPIC_API_KEY: 'sk-ant-api03-made-up',
  CODEX_API_KEY: 'sk-made-up',
  GEMINI_API_KEY: 'made-up-gemini-key',
  // Copilot CLI with a provider of the user's own.
  COPILOT_PROVIDER_BASE_URL: 'https://api.openai.com/v1',
  COPILOT_PROVIDER_API_KEY: 'sk-made-up',
};
const files = {
  '.gemini/settings.json': JSON.stringify({ security: { auth: { selectedType: 'gemini-api-key' } } }),
};

export interface TrialRig {
  readonly rig: AgentRig;
  readonly repository: string;
  readonly worktrees: string;
  readonly store: TrialStore;
  suite(text: string): Promise<string>;
  cli(
    ...args: readonly string[]
  ): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
  start(...args: readonly string[]): ReturnType<typeof spawn>;
}

export interface TrialRigOptions {
  /** Lines of shell that are run before each git of the trial. */
  readonly gitWrapper?: string;
}

/** All agents on one PATH, a repository whose check wants "done" in a file, and the meter that the trial finds. */
export async function startTrialRig(answer: AnswerCall, options: TrialRigOptions = {}): Promise<TrialRig> {
  const rig = await AgentRig.start('claude', { env: keys, files, answer });
  const repository = newRepository(join(rig.user.home, 'my répo'), {
    'a.txt': 'a\n',
    'check.sh': 'grep -q done result.txt\n',
  });
  const worktrees = join(rig.user.home, 'runs');
  const wrapper = join(rig.user.home, 'wrapper');
  if (options.gitWrapper !== undefined) {
    await mkdir(wrapper);
    await writeFile(join(wrapper, 'git'), `#!/bin/sh\n${options.gitWrapper}\nPATH=\${PATH#*:} exec git "$@"\n`, {
      mode: 0o755,
    });
  }
  const folders = [
    ...(options.gitWrapper === undefined ? [] : [wrapper]),
    ...agents.map((name) => dirname(agentPath(name))),
  ];
  const environment = {
    ...rig.user.env,
    PATH: [...folders, rig.user.env['PATH']].join(delimiter),
    OUTLAY_TRIALS_DIR: worktrees,
  };
  const program = join(projectDir, 'dist/cli.js');
  const run = (...args: readonly string[]) =>
    spawn(process.execPath, [program, 'trial', ...args, '--data-dir', rig.dataDir], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  return {
    ...{ rig, repository, worktrees },
    store: new TrialStore(rig.dataDir),
    start: run,
    async suite(text) {
      const path = join(rig.user.home, 'suite.yaml');
      await writeFile(path, text);
      return path;
    },
    async cli(...args) {
      const child = run(...args);
      const chunks = { stdout: '', stderr: '' };
      child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
        chunks.stdout += chunk;
      });
      child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
        chunks.stderr += chunk;
      });
      const [code] = await once(child, 'close');
      return { code, ...chunks };
    },
  };
}

export async function accepted(trial: TrialRig, path: string): Promise<string> {
  const { stdout } = await trial.cli('check', path, '--repository', trial.repository, '--json');
  return JSON.parse(stdout).hash;
}

/** What an agent is told so that it writes a file with its own tool. */
export function writing({ api, json }: SeenRequest, path: string, content: string): Script {
  const names = toolNames(json);
  // Copilot CLI, OpenCode, Claude Code.
  if (names.includes('create')) return { toolCalls: [{ name: 'create', arguments: { path, file_text: content } }] };
  if (names.includes('write')) return { toolCalls: [{ name: 'write', arguments: { filePath: path, content } }] };
  if (api === 'anthropic-messages') return { toolCalls: [{ name: 'Write', arguments: { file_path: path, content } }] };
  if (api === 'gemini-generate')
    return { toolCalls: [{ name: 'write_file', arguments: { file_path: path, content } }] };
  const command = `printf '%s\\n' '${content}' > result.txt`;
  if (names.includes('exec_command')) return { toolCalls: [{ name: 'exec_command', arguments: { cmd: command } }] };
  if (names.includes('shell_command')) return { toolCalls: [{ name: 'shell_command', arguments: { command } }] };
  return { toolCalls: [{ name: 'shell', arguments: { command: ['sh', '-c', command] } }] };
}

/** None for what an agent asks beside its work, a title for instance. */
export function toolNames(json: SeenRequest['json']): readonly string[] {
  return (
    JSON.stringify(json?.['tools'] ?? [])
      .match(/"name":"[^"]+"/g)
      ?.map((text) => text.slice(8, -1)) ?? []
  );
}

/** The worktree that a request speaks of. */
export function worktreeOf({ json }: SeenRequest, worktrees: string): string {
  const text = JSON.stringify(json);
  const at = text.indexOf(worktrees);
  return at < 0 ? worktrees : (/^[^\s"\\<,`]+/.exec(text.slice(at))?.[0] ?? worktrees);
}

/** Whether a tool has answered already. */
export function hasToolResult({ json }: SeenRequest): boolean {
  return /"tool_result"|"function_call_output"|"functionResponse"|"role":"tool"/.test(JSON.stringify(json));
}

export function modelOf({ json, path }: SeenRequest): string {
  return String(json?.['model'] ?? /models\/([^:]+):/.exec(path)?.[1] ?? '');
}

/** What runs with this home folder: agents, their tools and whatever keeps them. The meter has another one. */
export function processesAtHome(home: string): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      const isThere = !/^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
      return isThere && readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`HOME=${home}`);
    } catch {
      return false; // It has just ended, or belongs to somebody else.
    }
  });
}
