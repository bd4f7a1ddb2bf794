/** What the environment of the extension host may say to Outlay; used by the demo, by tests and by the CI of others. */
export interface HostEnvironment {
  /** Data folder in place of the editor's own. */
  readonly dataDir: string | null;
  /** `--upstream` values for the meter, for example "anthropic=http://127.0.0.1:9999". */
  readonly upstreams: readonly string[];
  readonly demo: boolean;
}

/** Reads OUTLAY_DATA_DIR, OUTLAY_UPSTREAMS ("anthropic=URL,openai=URL") and OUTLAY_DEMO ("1"). */
export function readHostEnvironment(environment: Readonly<Record<string, string | undefined>>): HostEnvironment {
  const list = (environment['OUTLAY_UPSTREAMS'] ?? '').split(',').map((entry) => entry.trim());
  return {
    dataDir: environment['OUTLAY_DATA_DIR'] || null,
    upstreams: list.filter((entry) => entry !== ''),
    demo: environment['OUTLAY_DEMO'] === '1',
  };
}
