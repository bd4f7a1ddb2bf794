import type { Contender, TrialAgentId } from '../../protocol/trials.ts';
import { agentLabels } from '../../protocol/trials.ts';
import { aider } from './aider.ts';
import { anyCommand, hasPromptArgument } from './anyCommand.ts';
import { claudeCode } from './claudeCode.ts';
import { codex } from './codex.ts';
import { copilotCli } from './copilotCli.ts';
import { geminiCli } from './geminiCli.ts';
import { openCode } from './openCode.ts';
import { argumentProblem, type TrialAgent } from './trialAgent.ts';

/** The agents that can be in a trial: a new one is a file beside this and a line here. */
export const trialAgents: Readonly<Record<TrialAgentId, TrialAgent>> = {
  'claude-code': claudeCode,
  codex,
  'gemini-cli': geminiCli,
  opencode: openCode,
  aider,
  'copilot-cli': copilotCli,
  command: anyCommand,
};

/** What cannot be done with a contender, a prompt at hand, in sentences. */
export function contenderProblems(contender: Contender, prompts: readonly string[]): readonly string[] {
  const isArgument = contender.agent === 'copilot-cli' || hasPromptArgument(contender);
  const tooLong = isArgument ? prompts.map((prompt) => argumentProblem(agentLabels[contender.agent], prompt)) : [];
  return [...trialAgents[contender.agent].problems(contender), ...tooLong.filter((problem) => problem !== null)];
}
