/**
 * A small backtracking matcher that counts its steps, as the engines of JavaScript take them: every start in turn, every choice in turn.
 * It knows what the sources use (no back references) and throws for anything else, so that nothing goes unchecked.
 */

type Node =
  | { readonly kind: 'char'; readonly matches: (char: string) => boolean; readonly sample: string }
  | { readonly kind: 'assert'; readonly holds: (text: string, at: number) => boolean }
  | { readonly kind: 'look'; readonly body: Node; readonly negative: boolean; readonly behind: boolean }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly parts: readonly Node[] }
  | {
      readonly kind: 'repeat';
      readonly body: Node;
      readonly min: number;
      readonly max: number;
      readonly lazy: boolean;
    };

export interface StepCounter {
  /** Steps until the first match or until there is none; stops at `limit`. */
  steps(text: string, limit: number): number;
  /** Texts that the expression begins to match, and characters that it tells apart. */
  readonly prefixes: readonly string[];
  readonly characters: readonly string[];
}

export function stepCounter(source: string, flags: string): StepCounter {
  const root = new Parser(source, flags).parse();
  const characters = new Set<string>();
  collect(root, characters);
  const sample = sampleOf(root);
  return {
    steps: (text, limit) => countSteps(root, text, limit),
    prefixes: [...new Set(Array.from({ length: Math.min(sample.length, 40) + 1 }, (_, end) => sample.slice(0, end)))],
    characters: [...characters],
  };
}

class Spent extends Error {}

function countSteps(root: Node, text: string, limit: number): number {
  let steps = 0;
  const run = (node: Node, at: number, next: (at: number) => boolean): boolean => {
    steps += 1;
    if (steps > limit) throw new Spent();
    switch (node.kind) {
      case 'char':
        return at < text.length && node.matches(text[at] as string) && next(at + 1);
      case 'assert':
        return node.holds(text, at) && next(at);
      case 'look':
        return lookAt(node, at) !== node.negative && next(at);
      case 'sequence': {
        const part = (index: number, from: number): boolean =>
          index === node.parts.length ? next(from) : run(node.parts[index] as Node, from, (to) => part(index + 1, to));
        return part(0, at);
      }
      case 'choice':
        return node.parts.some((part) => run(part, at, next));
      case 'repeat': {
        const again = (times: number, from: number): boolean => {
          const more = () =>
            times < node.max && run(node.body, from, (to) => (to > from || times < node.min) && again(times + 1, to));
          if (times < node.min) return more();
          return node.lazy ? next(from) || more() : more() || next(from);
        };
        return again(0, at);
      }
    }
  };
  const lookAt = ({ body, behind }: { readonly body: Node; readonly behind: boolean }, at: number): boolean => {
    if (!behind) return run(body, at, () => true);
    // Real engines match backwards; to try every start costs at least as much.
    for (let start = at; start >= 0; start -= 1) if (run(body, start, (to) => to === at)) return true;
    return false;
  };
  try {
    for (let start = 0; start <= text.length; start += 1) if (run(root, start, () => true)) break;
  } catch (error) {
    if (!(error instanceof Spent)) throw error;
  }
  return steps;
}

function collect(node: Node, into: Set<string>): void {
  if (node.kind === 'char') into.add(node.sample);
  else if (node.kind === 'sequence' || node.kind === 'choice') for (const part of node.parts) collect(part, into);
  else if (node.kind !== 'assert') collect(node.body, into);
}

function sampleOf(node: Node): string {
  if (node.kind === 'char') return node.sample;
  if (node.kind === 'sequence') return node.parts.map(sampleOf).join('');
  if (node.kind === 'choice') return node.parts[0] === undefined ? '' : sampleOf(node.parts[0]);
  if (node.kind === 'repeat') return sampleOf(node.body).repeat(Math.max(1, Math.min(node.min, 8)));
  return '';
}

const classes: Readonly<Record<string, (char: string) => boolean>> = {
  d: (char) => /\d/.test(char),
  w: (char) => /\w/.test(char),
  s: (char) => /\s/.test(char),
  D: (char) => /\D/.test(char),
  W: (char) => /\W/.test(char),
  S: (char) => /\S/.test(char),
};
const controls: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', 0: '\0' };
/** Where a sample of a class is looked for. */
const candidates = [...'a0 /-A_.:;,=?&#%+"\'<>[]{}()|\\~!@$^*`\n\t\x01\x7fé'];

class Parser {
  readonly #source: string;
  readonly #ignoreCase: boolean;
  readonly #multiline: boolean;
  #at = 0;

  constructor(source: string, flags: string) {
    this.#source = source;
    this.#ignoreCase = flags.includes('i');
    this.#multiline = flags.includes('m');
  }

  parse(): Node {
    const node = this.#choice();
    if (this.#at < this.#source.length) throw new Error(`unread: ${this.#source.slice(this.#at)}`);
    return node;
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #choice(): Node {
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    return parts.length === 1 ? (parts[0] as Node) : { kind: 'choice', parts };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source[this.#at] as string))
      parts.push(this.#quantified());
    return { kind: 'sequence', parts };
  }

  #quantified(): Node {
    const body = this.#atom();
    const [min, max] = this.#bounds();
    if (min === null) return body;
    return { kind: 'repeat', body, min, max, lazy: this.#take('?') };
  }

  #bounds(): readonly [number | null, number] {
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#take('?')) return [0, 1];
    const found = /^\{(\d+)(,(\d*))?\}/.exec(this.#source.slice(this.#at));
    if (found === null) return [null, 0];
    this.#at += found[0].length;
    const min = Number(found[1]);
    if (found[2] === undefined) return [min, min];
    return [min, found[3] === '' ? Number.POSITIVE_INFINITY : Number(found[3])];
  }

  #atom(): Node {
    if (this.#take('(')) return this.#group();
    if (this.#take('[')) return this.#class();
    if (this.#take('^')) return this.#edge((text, at) => at === 0 || (this.#multiline && text[at - 1] === '\n'));
    if (this.#take('$')) return this.#edge((text, at) => at === text.length || (this.#multiline && text[at] === '\n'));
    if (this.#take('\\b')) return this.#edge((text, at) => isWord(text[at - 1]) !== isWord(text[at]));
    if (this.#take('\\B')) return this.#edge((text, at) => isWord(text[at - 1]) === isWord(text[at]));
    if (this.#take('.')) return this.#set((char) => char !== '\n' && char !== '\r');
    return this.#set(this.#character());
  }

  #edge(holds: (text: string, at: number) => boolean): Node {
    return { kind: 'assert', holds };
  }

  #group(): Node {
    const behind = this.#source.startsWith('?<=', this.#at) || this.#source.startsWith('?<!', this.#at);
    const negative = this.#take('?!') || this.#take('?<!');
    const look = negative || this.#take('?=') || this.#take('?<=');
    if (!look && !this.#take('?:')) {
      const name = /^\?<\w+>/.exec(this.#source.slice(this.#at));
      this.#at += name?.[0].length ?? 0;
      if (this.#source[this.#at] === '?') throw new Error('This kind of group is not known.');
    }
    const body = this.#choice();
    if (!this.#take(')')) throw new Error('A group has no end.');
    return look ? { kind: 'look', body, negative, behind } : body;
  }

  #class(): Node {
    const negative = this.#take('^');
    const tests: ((char: string) => boolean)[] = [];
    while (!this.#take(']')) {
      const first = this.#character();
      if (typeof first === 'string' && this.#source[this.#at] === '-' && this.#source[this.#at + 1] !== ']') {
        this.#at += 1;
        const last = this.#character();
        if (typeof last !== 'string') throw new Error('A range has no end.');
        tests.push((char) => char >= first && char <= last);
      } else tests.push(typeof first === 'string' ? (char) => char === first : first);
    }
    const within = (char: string) =>
      tests.some((test) => test(char) || (this.#ignoreCase && (test(char.toLowerCase()) || test(char.toUpperCase()))));
    return this.#set((char) => within(char) !== negative);
  }

  #character(): string | ((char: string) => boolean) {
    const char = this.#source[this.#at] as string;
    this.#at += 1;
    if (char !== '\\') return char;
    const escaped = this.#source[this.#at] as string;
    this.#at += 1;
    const hex = escaped === 'x' ? 2 : escaped === 'u' ? 4 : 0;
    if (hex > 0) {
      const code = Number.parseInt(this.#source.slice(this.#at, this.#at + hex), 16);
      this.#at += hex;
      return String.fromCharCode(code);
    }
    const property = /^[pP]\{\w+(=\w+)?\}/.exec(this.#source.slice(this.#at - 1))?.[0];
    if (property !== undefined) {
      this.#at += property.length - 1;
      const known = new RegExp(`\\${property}`, 'u');
      return (one) => known.test(one);
    }
    if (/[1-9pPkc]/.test(escaped)) throw new Error(`\\${escaped} is not known.`);
    return classes[escaped] ?? controls[escaped] ?? escaped;
  }

  #set(what: string | ((char: string) => boolean)): Node {
    if (typeof what !== 'string') return { kind: 'char', matches: what, sample: candidates.find(what) ?? '\u2603' };
    const same = (char: string) => char === what || (this.#ignoreCase && char.toLowerCase() === what.toLowerCase());
    return { kind: 'char', matches: same, sample: what };
  }
}

function isWord(char: string | undefined): boolean {
  return char !== undefined && /\w/.test(char);
}
