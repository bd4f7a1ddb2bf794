import { firstRecordings } from './firstRecordings.ts';
import { furtherRecordings } from './furtherRecordings.ts';
import type { Recording } from './recordingRow.ts';

/** Every recorded response, with what it says. */
export const recordings: readonly Recording[] = [...firstRecordings, ...furtherRecordings];
