export const trialHelp = `The same task for several models, each in its own copy of the repository.

  outlay trial run FILE [--models claude-code:MODEL@EFFORT,codex:MODEL,...]
                   [--runs N] [--budget USD] [--run-budget USD] [--parallel N]
                   [--seed N] [--repository DIR] [--accept HASH] [--json]
      Runs a suite. What it would make this machine do is printed first, with
      a hash; it starts once that hash was accepted, and asks again when
      anything in it changes.
  outlay trial check FILE [--run-checks [--accept HASH]] [--json]
      Everything that can be said before money is spent: what is missing, what
      it will cost, what the agents may do. With --run-checks the set-up and the
      checks are run too, without any agent: they must fail before any work.
  outlay trial list [--json]
  outlay trial show ID [--json]
  outlay trial cancel ID [--run N]
  outlay trial resume ID
      Goes on with a trial that was interrupted or cancelled.
  outlay trial diff ID --run N
  outlay trial apply ID --run N [--branch NAME | --patch FILE | --here [--dirty]]
      Takes a run's changes over: as a new branch (default), a patch, or into
      the working tree.
  outlay trial delete ID
      With its prompts and outputs; what it cost stays in the books.
  outlay trial propose [--limit N] [--commits ID,ID] [--repository DIR]
      A suite from commits that changed both code and tests.
  outlay trial look [--repository DIR] [--json]
      The agents, models, checks and suites that are found here.

  --with-parent    ends the trial when its standard input ends
  --data-dir DIR   the folder with the books; made where it is missing

A suite is a YAML file; docs/trials.md tells what is in it.
`;
