import { parseArgs } from 'node:util';
import { upstreamTable } from '../gateway/upstreams.ts';

export interface MeterArguments {
  readonly dataDir: string;
  /** 0 lets the meter choose: the last port where it is free, else a new one. */
  readonly port: number;
  /** Origins by upstream name, as given and found acceptable. */
  readonly upstreams: Readonly<Record<string, string>>;
  readonly demo: boolean;
  /** Begins without metering, for a window whose user has turned Outlay off and whose terminals still need the address. */
  readonly passThrough: boolean;
  /** Minutes without clients, calls and holders of the address after which the meter ends; null for never. */
  readonly idleExitMinutes: number | null;
}

export type ParsedArguments =
  | { readonly kind: 'run'; readonly arguments: MeterArguments }
  | { readonly kind: 'problem'; readonly text: string };

export const METER_USAGE =
  'Usage: meter --data-dir DIR [--port 0] [--upstream NAME=ORIGIN]... [--idle-exit MINUTES] [--pass-through] [--demo]';

/** Reads the meter's command line. A wrong one yields one sentence and no defaults. */
export function parseMeterArguments(argv: readonly string[]): ParsedArguments {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        'data-dir': { type: 'string' },
        port: { type: 'string', default: '0' },
        upstream: { type: 'string', multiple: true, default: [] },
        'idle-exit': { type: 'string' },
        demo: { type: 'boolean', default: false },
        'pass-through': { type: 'boolean', default: false },
      },
    });
    const dataDir = values['data-dir'];
    if (!dataDir) return problem('--data-dir is missing.');
    const port = wholeNumber(values.port, 65_535);
    if (port === null) return problem(`--port ${values.port} is no port number.`);
    const idle = values['idle-exit'];
    const idleExitMinutes = idle === undefined ? null : wholeNumber(idle, 1_000_000);
    if (idle !== undefined && idleExitMinutes === null) return problem(`--idle-exit ${idle} is no number of minutes.`);
    const upstreams: Record<string, string> = {};
    for (const entry of values.upstream) {
      const at = entry.indexOf('=');
      if (at < 1) return problem('--upstream is not of the form name=origin.');
      upstreams[entry.slice(0, at)] = entry.slice(at + 1);
    }
    // Going on without it would send calls and keys to another host than the one that was named.
    const [refused] = upstreamTable(upstreams).problems;
    if (refused !== undefined) return problem(refused);
    return {
      kind: 'run',
      arguments: { dataDir, port, upstreams, demo: values.demo, passThrough: values['pass-through'], idleExitMinutes },
    };
  } catch (error) {
    return problem(error instanceof Error ? error.message : String(error));
  }
}

function problem(text: string): ParsedArguments {
  return { kind: 'problem', text };
}

function wholeNumber(text: string, max: number): number | null {
  if (!/^\d{1,7}$/.test(text)) return null;
  const value = Number(text);
  return value <= max ? value : null;
}
