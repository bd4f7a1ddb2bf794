import { planOf, rigIn, shellAgent, startOf } from './trialFixture.ts';

// Runs a trial whose second run never ends, for a parent that kills this process meanwhile.
const [folder = '', repository = ''] = process.argv.slice(2);
const script =
  'if [ -e "$0.first" ]; then setsid sleep 300 & sleep 300; fi; touch "$0.first"; echo 1000000 > "$SPEND_FILE"; echo done > result.txt';
const agent = shellAgent('good', script);
const contender = { ...agent, command: [...(agent.command ?? []), `${folder}/agent`] };
void startOf(planOf(repository, { contenders: [contender], runs: 3 }), rigIn(folder)).then(({ runner }) =>
  runner.run(),
);
