import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readRecording } from './readRecording.ts';
import { recordingBytes } from './recordingRow.ts';
import { recordings } from './recordings.ts';

function expectText(actual: string, expected: string): void {
  const [begin = '', end] = expected.split(' ... ');
  if (end === undefined) expect(actual).toBe(expected);
  else {
    expect(actual.slice(0, begin.length)).toBe(begin);
    expect(actual.slice(-end.length)).toBe(end);
  }
}

describe('every recording has an expectation', () => {
  it('and every expectation a recording', () => {
    const root = new URL('../../fixtures/recordings/', import.meta.url);
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
    const recorded = files.map((file) => file.replaceAll('\\', '/')).filter((file) => file.includes('.response.'));
    expect(recordings.map(({ file }) => file).sort()).toEqual(recorded.sort());
  });
});

describe.each(recordings)('$file', (recording) => {
  const bytes = recordingBytes(recording);

  it('read whole, gives what its bytes say', async () => {
    const result = await readRecording(recording, [bytes]);
    expect(result.facts).toEqual(recording.facts);
    expect(result.problems.map(({ code }) => code)).toEqual(recording.problems);
    expectText(result.visible, recording.visible);
    expectText(result.thinking, recording.thinking);
    expectText(result.toolArguments, recording.toolArguments);
    expect(result.factsCalls.at(-1)).toEqual(recording.facts);
  });
});
