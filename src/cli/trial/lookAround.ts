import { resolve } from 'node:path';
import { ledgerPathOf } from '../../ledger/ledgerFiles.ts';
import { openLedgerReader } from '../../ledger/openLedgerReader.ts';
import { agentLabels, type TrialAgentId, type TrialLook, trialAgentIds } from '../../protocol/trials.ts';
import { trialAgents } from '../../trials/agents/trialAgents.ts';
import { proposeCarried } from '../../trials/carryFiles.ts';
import { findProgram } from '../../trials/findProgram.ts';
import { tryGit } from '../../trials/git/gitCommand.ts';
import { inspectRepository, unsupportedParts } from '../../trials/git/inspectRepository.ts';
import { guessCheck } from '../../trials/guessCheck.ts';
import { userFacts } from './runSuite.ts';
import type { TrialCall } from './trialCall.ts';

const NEWEST_CALLS = 5_000;
const MOST_MODELS = 12;

/** `outlay trial look`: what a trial could be made of here. */
export async function lookAround({ values, io, dataDir }: TrialCall): Promise<number> {
  const facts = await inspectRepository(resolve(values.repository ?? '.'));
  const { root } = facts;
  const isKnown = async (path: string): Promise<boolean> =>
    (await tryGit(['ls-files', '--error-unmatch', '--', path], { cwd: facts.folder })).code === 0;
  const found: TrialLook = {
    root: root ?? facts.folder,
    branch: facts.branch,
    changedFiles: facts.changedFiles,
    notices: await unsupportedParts(facts, facts.head),
    check: root === null ? null : await guessCheck(root),
    carry: root === null ? [] : await proposeCarried(root, isKnown),
    agents: await findAgents(dataDir, userFacts(io)),
  };
  if (values.json) {
    io.stdout(`${JSON.stringify(found, null, 2)}\n`);
    return 0;
  }
  const lines = found.agents.map(
    ({ agent, problem, models }) => `${agentLabels[agent]}: ${problem ?? (models.join(', ') || 'ready')}`,
  );
  io.stdout(`${[`${found.root}: check "${found.check ?? 'none found'}"`, ...found.notices, ...lines].join('\n')}\n`);
  return 0;
}

async function findAgents(dataDir: string, user: ReturnType<typeof userFacts>): Promise<TrialLook['agents']> {
  const used = usedModels(dataDir);
  const agents: { agent: TrialAgentId; problem: string | null; models: readonly string[] }[] = [];
  for (const agent of trialAgentIds) {
    const { program, loginProblem } = trialAgents[agent];
    if (program === null || (await findProgram(program, user.env, user.platform)) === null) continue;
    agents.push({
      agent,
      problem: await loginProblem(user),
      models: [...(used.get(agent) ?? [])].slice(0, MOST_MODELS),
    });
  }
  return agents;
}

/** The models that each agent used last on this machine, newest first. */
function usedModels(dataDir: string): ReadonlyMap<string, ReadonlySet<string>> {
  const reader = openLedgerReader(ledgerPathOf(dataDir));
  try {
    const models = new Map<string, Set<string>>();
    for (const { agent, requestedModel, model } of reader.calls({ limit: NEWEST_CALLS })) {
      const known = models.get(agent) ?? new Set();
      models.set(agent, known.add(requestedModel ?? model));
    }
    return models;
  } finally {
    reader.close();
  }
}
