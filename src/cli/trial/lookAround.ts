import { resolve } from 'node:path';
import { suggestRuns } from '../../analysis/suggestRuns.ts';
import { printWhole } from '../../domain/format.ts';
import { plainText } from '../../domain/plainText.ts';
import { ledgerPathOf } from '../../ledger/ledgerFiles.ts';
import { openLedgerReader } from '../../ledger/openLedgerReader.ts';
import { agentLabels, type TrialAgentId, type TrialLook, trialAgentIds } from '../../protocol/trials.ts';
import { trialAgents } from '../../trials/agents/trialAgents.ts';
import { proposeCarried } from '../../trials/carryFiles.ts';
import { findProgram } from '../../trials/findProgram.ts';
import { tryGit } from '../../trials/git/gitCommand.ts';
import { inspectRepository, unsupportedParts } from '../../trials/git/inspectRepository.ts';
import { guessCheck } from '../../trials/guessCheck.ts';
import { listSuites } from '../../trials/listSuites.ts';
import { suiteFromHistory } from '../../trials/suiteFromHistory.ts';
import { bookedRuns } from '../bookedRuns.ts';
import { userFacts } from './runSuite.ts';
import type { TrialCall } from './trialCall.ts';

const NEWEST_CALLS = 5_000;
const MOST_MODELS = 12;
/** Of a suite. */
const MOST_RUNS = 100;

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
    suites: root === null ? [] : await listSuites(root),
    hasHistory: (await suiteFromHistory(facts, 1)).length > 0,
    suggestedRuns: await suggestedRuns(dataDir),
  };
  if (values.json) {
    io.stdout(`${JSON.stringify(found, null, 2)}\n`);
    return 0;
  }
  const lines = found.agents.map(
    ({ agent, problem, models }) => problem ?? `${agentLabels[agent]}: ${models.join(', ') || 'ready'}`,
  );
  if (lines.length === 0) lines.push('No agent was found on the PATH.');
  const suites = found.suites.map(({ path, name, problem }) => `${path}: ${problem ?? name}`);
  const runs = found.suggestedRuns === null ? [] : [found.suggestedRuns.because];
  const all = [
    `${found.root}: check "${found.check ?? 'none found'}"`,
    ...found.notices,
    ...lines,
    ...suites.map(plainText),
    ...runs,
  ];
  io.stdout(`${all.join('\n')}\n`);
  return 0;
}

/** From the runs of trials and of imports in this data folder: own tasks are seldom done twice. */
async function suggestedRuns(dataDir: string): Promise<TrialLook['suggestedRuns']> {
  const { runs } = await bookedRuns(dataDir, 'all');
  const suggestion = suggestRuns(runs, MOST_RUNS);
  if (suggestion === null) return null;
  const { repeatedRuns, typicalFactor, toldFactor } = suggestion;
  const spread = `Of ${printWhole(repeatedRuns)} repeated runs here, one typically cost ${typicalFactor.toFixed(1)} times another of the same task`;
  const needed =
    suggestion.runs === null ? `more than ${MOST_RUNS} runs a model` : `${printWhole(suggestion.runs)} runs a model`;
  return {
    runs: suggestion.runs,
    because: `${spread}: ${needed} would tell a difference of ${toldFactor} times from that.`,
  };
}

/** Of agents that the books know by another name. */
const bookedNames: Readonly<Partial<Record<TrialAgentId, string>>> = { 'copilot-cli': 'copilot' };

async function findAgents(dataDir: string, user: ReturnType<typeof userFacts>): Promise<TrialLook['agents']> {
  const used = usedModels(dataDir);
  const agents: { agent: TrialAgentId; problem: string | null; models: readonly string[] }[] = [];
  for (const agent of trialAgentIds) {
    const { program, loginProblem } = trialAgents[agent];
    if (program === null || (await findProgram(program, user.env, user.platform)) === null) continue;
    agents.push({
      agent,
      problem: await loginProblem(user, []),
      models: [...(used.get(bookedNames[agent] ?? agent) ?? [])].slice(0, MOST_MODELS),
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
