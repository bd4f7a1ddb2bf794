import { type ReadResponse, readResponse } from './readResponse.ts';
import { isEventStream, type Recording } from './recordingRow.ts';

/** Reads a recorded response that arrives in the given chunks. */
export function readRecording(
  recording: Recording,
  chunks: readonly Uint8Array[],
  contentEncoding: string | null = null,
) {
  const contentType = isEventStream(recording) ? 'text/event-stream; charset=utf-8' : 'application/json';
  const { api, httpStatus } = recording;
  return readResponse({ api, contentType, contentEncoding, httpStatus }, chunks);
}

/** What must not depend on how the bytes came. */
export function outcome({ facts, visible, thinking, toolArguments, problems }: ReadResponse): string {
  return JSON.stringify({ facts, visible, thinking, toolArguments, problems });
}
