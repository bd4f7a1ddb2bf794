import { refusalReasonOf } from '../protocol/refusalNotice.ts';
import type { NowSnapshot } from '../protocol/snapshot.ts';

/** A warning as a pop-up: `id` names its kind, by which it can be silenced. */
export interface RefusalWarning {
  readonly id: string;
  readonly sentence: string;
}

/**
 * What the window warns of when the meter has refused somebody. The editor's API has no list of forwarded ports (and asking it for an
 * external address would forward ours), so that what reaches the port is all there is to go by. How often it happened is told in the
 * sidebar: a pop-up comes once.
 *
 * @param remoteName the editor's `env.remoteName`: set where the meter runs on another machine than the window.
 */
export function refusalWarnings(
  { notices, meter }: Pick<NowSnapshot, 'notices' | 'meter'>,
  remoteName: string | undefined,
): readonly RefusalWarning[] {
  return notices.flatMap(({ id }) => {
    const reason = refusalReasonOf(id);
    const what = reason === null ? undefined : happenings[reason];
    if (what === undefined) return [];
    const sentence = `${what(meter.port)} It was refused, and no call was made. ${adviceFor(reason, meter.port, remoteName)}`;
    return [{ id, sentence }];
  });
}

const happenings: Readonly<Record<string, (port: number) => string>> = {
  token: (port) => `Somebody reached Outlay's port ${port} without its token.`,
  address: (port) => `Somebody reached Outlay's port ${port} under an address that is not its own.`,
  'web-page': (port) => `A web page tried to reach Outlay's port ${port}.`,
  'other-user': (port) => `Another user of this machine tried to call through Outlay's port ${port}.`,
};

function adviceFor(reason: string | null, port: number, remoteName: string | undefined): string {
  if (reason === 'other-user') return 'Your keys and your books are not affected.';
  return remoteName === undefined
    ? `If you have forwarded this port (ssh, a tunnel, a container), stop that: only agents on this machine need it.`
    : `The port may be forwarded: look for ${port} in the Ports view and stop forwarding it. Only agents on the remote machine need it.`;
}
