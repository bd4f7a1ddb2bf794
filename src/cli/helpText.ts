export const helpText = `Outlay: what your coding agents really cost.

  outlay report --by model|agent|session|folder|branch|task|effort|day|month
                [--since YYYY-MM-DD] [--json]
      Spend by one key, calls with an API key and subscription use apart.
  outlay calls [--json]
      Every call, newest first.
  outlay import [--home DIR] [--agent NAME] [--json]
      Books what agents' own logs tell of: history, and what ran elsewhere. Each
      call counts once, however often it was seen. --home reads the logs below
      that folder in place of your own.
  outlay watch [--home DIR] [--agent NAME] [--json]
      The same again and again, until it is stopped.
  outlay reconcile SESSION [--json]
      A session call by call, as it passed the wire and as its log has it.
  outlay task new "TITLE" [--usd 5] [--thinking 200k] [--output 100k]
                  [--tool-calls 50] [--calls 100] [--warn-only|--steady|--strict]
                  [--count-subscription] [--json]
      A task with a budget; prints its id and the base URLs that agents take.
  outlay task list|show ID [--json]
  outlay task extend ID --usd N [--thinking N ...] [--json]
  outlay task close ID --outcome passed|failed|abandoned [--json]
  outlay task assign ID|none --session S [--json]
      Moves a session with its spend.
  outlay run --task ID -- COMMAND ...
      Any command with the environment of a task.
  outlay compare [--runs FILE] [--without MODEL] [--price-weights IN,OUT]
                 [--by-task] [--resamples 10000] [--seed 1] [--as-paid]
                 [--origin trials|tasks|IMPORT|all] [--json]
      What models list against what they cost on the same work: reversals, the
      frontier, the cost of a pass. A file is compared by itself.
  outlay runs import FILE [--name NAME] [--json]
      Runs from CSV or JSON lines, kept apart from your own work.
  outlay runs list [--json]
  outlay runs remove NAME [--json]
  outlay runs export [--origin trials|tasks|IMPORT|all]
  outlay trial run FILE [--models claude-code:MODEL@EFFORT,codex:MODEL]
                   [--runs N] [--budget USD] [--run-budget USD] [--accept HASH]
      The same task for several models, each in its own copy of the
      repository. "outlay trial help" tells the rest.
  outlay delete --all | --before YYYY-MM-DD [--json]
      Deletes calls for good, also while the meter runs.
  outlay disconnect
      Gives Cline CLI its own base URLs back. The editor connects it again
      when it starts, unless it was disconnected there.
  outlay help
  outlay --version

  --data-dir DIR   the folder with the books; otherwise OUTLAY_DATA_DIR,
                   otherwise the folder of the editor that used Outlay last

"-" is unknown, "≈" estimated, "≥" a lower bound. "At API prices" is what
subscription use would have cost; it is no bill and is never added to one.
`;
