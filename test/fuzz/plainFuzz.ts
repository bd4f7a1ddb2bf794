import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * Fuzzing where Jazzer.js does not load, without its guidance by coverage: seeds that are changed by chance, against the same
 * target. `node plainFuzz.ts <bundle> <seeds> <dictionary> <findings> <seconds>`; says how many inputs it tried, and keeps the
 * one that broke something.
 */
type Target = (data: Buffer) => void | Promise<void>;

const mostBytes = 4_096;

/** Numbers by chance that are the same in every run (xorshift, 32 bits). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** One change: a bit, a byte, a piece left out or doubled, a word put in, or the end of another seed. */
function changed(data: Buffer, other: Buffer, words: readonly Buffer[], below: (limit: number) => number): Buffer {
  const at = below(data.length + 1);
  const length = below(64);
  const [before, after] = [data.subarray(0, at), data.subarray(at)];
  switch (below(6)) {
    case 0:
      return Buffer.concat([before, Buffer.from([(after[0] ?? 0) ^ (1 << below(8))]), after.subarray(1)]);
    case 1:
      return Buffer.concat([before, Buffer.from([below(256)]), after.subarray(below(2))]);
    case 2:
      return Buffer.concat([before, after.subarray(length)]);
    case 3:
      return Buffer.concat([before, after.subarray(0, length), after]);
    case 4:
      return Buffer.concat([before, words[below(words.length)] ?? Buffer.alloc(0), after.subarray(below(2) * length)]);
    default:
      return Buffer.concat([before, other.subarray(below(other.length + 1))]);
  }
}

async function main([bundle = '', seedFolder = '', dictionary = '', findings = '', seconds = '0']: readonly string[]) {
  const { fuzz }: { readonly fuzz: Target } = createRequire(import.meta.url)(bundle);
  const seeds = readdirSync(seedFolder).map((name) => readFileSync(join(seedFolder, name)));
  const words = readFileSync(dictionary, 'utf8')
    .split('\n')
    .map((line) => Buffer.from(line.slice(1, -1).replaceAll('\\x0a', '\n').replaceAll('\\"', '"')));
  const below = numbers(20_261_122);
  const pick = (): Buffer => seeds[below(seeds.length)] ?? Buffer.alloc(0);
  const untilMs = performance.now() + Number(seconds) * 1_000;
  let executions = 0;
  for (; performance.now() < untilMs; executions++) {
    let data = executions < seeds.length ? (seeds[executions] ?? Buffer.alloc(0)) : pick();
    if (executions >= seeds.length) {
      for (let changes = 1 + below(8); changes > 0; changes--) data = changed(data, pick(), words, below);
      data = data.subarray(0, mostBytes);
    }
    try {
      await fuzz(Buffer.from(data));
    } catch (error) {
      mkdirSync(findings, { recursive: true });
      writeFileSync(join(findings, `plain-${executions}`), data);
      console.log(error);
      process.exitCode = 1;
      break;
    }
  }
  console.log(`#${executions}\tDONE`);
}

await main(process.argv.slice(2));
