import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { claudeCode } from '../../../src/readers/claudeCode/claudeCode.ts';
import { callsOf } from './goldenCalls.ts';
import { type HomeReading, readHome } from './readHome.ts';

const homes: string[] = [];
afterEach(() => {
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
});

function newHome(): { readonly homeDir: string; readonly project: string; readonly log: string } {
  const homeDir = mkdtempSync(join(tmpdir(), 'outlay-logs-'));
  homes.push(homeDir);
  const project = join(homeDir, '.claude/projects/p');
  mkdirSync(project, { recursive: true });
  return { homeDir, project, log: join(project, 's1.jsonl') };
}

function line(id: string, outputTokens: number | string = 10, more = ''): string {
  return `{"type":"assistant","sessionId":"s1","timestamp":"2026-11-22T12:00:00Z","message":{"id":"${id}","model":"m","content":[{"type":"text","text":"Ünïcode ${id}"}]${more},"usage":{"input_tokens":1,"output_tokens":${outputTokens}}}}`;
}

const idsOf = (reading: HomeReading) => callsOf(reading.observations).map(({ key }) => key);
const codesOf = (reading: HomeReading) => reading.problems.map(({ code }) => code);

describe('a log of lines', () => {
  it('torn at any byte and written on loses the torn line at most, and tells of it', () => {
    const whole = Buffer.from(`${line('a')}\n${line('b')}\n`);
    const next = `${line('c')}\n`;
    for (let size = 0; size <= whole.length; size++) {
      const { homeDir, log } = newHome();
      writeFileSync(log, whole.subarray(0, size));
      const torn = readHome(claudeCode, { homeDir });
      expect(codesOf(torn)).toEqual([]);
      appendFileSync(log, next);
      const after = readHome(claudeCode, { homeDir }, torn);
      const all = new Set([...idsOf(torn), ...idsOf(after)]);
      expect(all.has('c'), `torn at ${size}`).toBe(true);
      const lines = whole.subarray(0, size).toString('latin1').split('\n').length - 1;
      expect(all.size - 1).toBeGreaterThanOrEqual(lines);
      const isTorn = size > 0 && whole[size - 1] !== 0x0a;
      if (isTorn) expect(codesOf(after)).toEqual(['malformed-json']);
    }
  });

  it('is read on from where it was left, and a torn last line waits for its rest', () => {
    const { homeDir, log } = newHome();
    const text = `${line('a')}\n${line('b')}\n`;
    writeFileSync(log, text.slice(0, -60));
    const first = readHome(claudeCode, { homeDir });
    writeFileSync(log, text);
    const second = readHome(claudeCode, { homeDir }, first);
    expect([idsOf(first), idsOf(second)]).toEqual([['a'], ['b']]);
    expect(idsOf(readHome(claudeCode, { homeDir }, second))).toEqual([]);
  });

  it('that was cut or replaced is read from its start', () => {
    const { homeDir, log } = newHome();
    writeFileSync(log, `${line('a')}\n${line('b')}\n`);
    const first = readHome(claudeCode, { homeDir });
    truncateSync(log, 0);
    appendFileSync(log, `${line('c')}\n`);
    const second = readHome(claudeCode, { homeDir }, first);
    writeFileSync(`${log}.new`, `${line('d')}\n${line('e')}\n${line('f')}\n`);
    renameSync(`${log}.new`, log);
    const third = readHome(claudeCode, { homeDir }, second);
    expect([idsOf(second), idsOf(third)]).toEqual([['c'], ['d', 'e', 'f']]);
  });

  it('goes on behind garbage, NULs, broken UTF-8 and lines of more than 16 MB', () => {
    const { homeDir, log } = newHome();
    const long = `{"usage":"${'x'.repeat(17 * 1024 * 1024)}"}`;
    const parts = [
      line('a'),
      'garbage',
      '\0\0\0',
      long,
      line('b'),
      Buffer.from([0x22, 0xff, 0xfe]),
      '',
      '   ',
      line('c'),
    ];
    writeFileSync(log, Buffer.concat(parts.flatMap((part) => [Buffer.from(part), Buffer.from('\n')])));
    const reading = readHome(claudeCode, { homeDir });
    expect(idsOf(reading)).toEqual(['a', 'b', 'c']);
    expect(codesOf(reading)).toEqual(['malformed-json', 'malformed-json', 'too-long', 'malformed-json']);
    expect(reading.problems.map((problem) => ('line' in problem ? problem.line : null))).toEqual([2, 3, 4, 6]);
  });

  it('is not harmed by nesting, keys of prototypes, and numbers that are no counts', () => {
    const { homeDir, log } = newHome();
    const deep = `{"usage":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`;
    const polluting = line('p', 5).replace(
      '{"type"',
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"type"',
    );
    const odd = ['-1', '1e999', '9007199254740993', '1.5', '"7"', '-0', 'null'];
    writeFileSync(log, [deep, polluting, ...odd.map((count, index) => line(`o${index}`, count)), line('z')].join('\n'));
    const reading = readHome(claudeCode, { homeDir });
    expect(codesOf(reading)).toEqual(['too-deep', ...Array.from({ length: 5 }, () => 'bad-count')]);
    const outputs = callsOf(reading.observations).map(({ key, counts }) => [key, counts[4]]);
    expect(outputs).toEqual([
      ...[0, 1, 2, 3, 4].map((index) => [`o${index}`, null]),
      ...[
        ['o5', 0],
        ['o6', null],
        ['p', 5],
        ['z', 10],
      ],
    ]);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

describe('the folder of logs', () => {
  it('is not left: links out of it, FIFOs and devices are told of and not read, links within add nothing', () => {
    const { homeDir, project, log } = newHome();
    writeFileSync(log, `${line('a')}\n`);
    const outside = join(homeDir, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'secret.jsonl'), `${line('secret')}\n`);
    symlinkSync(join(outside, 'secret.jsonl'), join(project, 'link.jsonl'));
    symlinkSync(outside, join(project, 'folder'));
    symlinkSync('/dev/zero', join(project, 'zero.jsonl'));
    symlinkSync(log, join(project, 'same.jsonl'));
    symlinkSync(join(homeDir, 'nowhere'), join(project, 'dangling.jsonl'));
    execFileSync('mkfifo', [join(project, 'pipe.jsonl')]);
    linkSync(log, join(project, 'hard.jsonl'));
    const reading = readHome(claudeCode, { homeDir });
    expect(idsOf(reading)).toEqual(['a']);
    expect(codesOf(reading).toSorted()).toEqual(['not-a-file', 'outside-root', 'outside-root', 'outside-root']);
  });

  it('is not left by a log that is swapped for a link between being found and being read', () => {
    const { homeDir, log } = newHome();
    const secret = join(homeDir, 'secret.jsonl');
    writeFileSync(secret, `${line('secret')}\n`);
    writeFileSync(log, `${line('a')}\n`);
    const swapping = {
      ...claudeCode,
      paths: (place: Parameters<typeof claudeCode.paths>[0]) =>
        claudeCode.paths(place).map((root) => ({
          ...root,
          accepts: (path: string) => {
            rmSync(log);
            mkdirSync(log);
            rmSync(log, { recursive: true });
            symlinkSync(secret, log);
            return root.accepts(path);
          },
        })),
    };
    const reading = readHome(swapping, { homeDir });
    expect(idsOf(reading)).toEqual([]);
  });

  it('may itself be a link, and may be missing', () => {
    const { homeDir, log } = newHome();
    writeFileSync(log, `${line('a')}\n`);
    const other = newHome().homeDir;
    rmSync(join(other, '.claude'), { recursive: true });
    expect(readHome(claudeCode, { homeDir: other })).toMatchObject({ files: [], problems: [] });
    symlinkSync(join(homeDir, '.claude'), join(other, '.claude'));
    expect(idsOf(readHome(claudeCode, { homeDir: other }))).toEqual(['a']);
  });
});
