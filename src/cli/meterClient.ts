import type { ControlMap, ControlName } from '../protocol/control.ts';
import { ControlError, callControl } from '../protocol/controlClient.ts';
import { readMeterLock } from '../protocol/meterLock.ts';

export type MeterAnswer<Name extends ControlName> =
  | { readonly state: 'answered'; readonly result: ControlMap[Name]['result'] }
  /** No meter runs on this data folder, or the one that is named there is gone. */
  | { readonly state: 'no-meter' }
  | { readonly state: 'refused'; readonly sentence: string };

/** Deleting a large ledger takes a while. */
const TIMEOUT_MS = 30_000;

/** Asks the meter that runs on a data folder, over its control API. Never throws. */
export async function askMeter<Name extends ControlName>(
  dataDir: string,
  name: Name,
  params: ControlMap[Name]['params'],
  timeoutMs = TIMEOUT_MS,
): Promise<MeterAnswer<Name>> {
  const lock = await readMeterLock(dataDir);
  if (lock === null) return { state: 'no-meter' };
  try {
    return { state: 'answered', result: await callControl(lock, name, params, { timeoutMs }) };
  } catch (error) {
    if (error instanceof ControlError && error.failure === 'unreachable') return { state: 'no-meter' };
    return { state: 'refused', sentence: error instanceof Error ? error.message : String(error) };
  }
}
