/** Opcodes of the instructions without operands that `assembleWasm` knows. */
const plain: Readonly<Record<string, readonly number[]>> = {
  return: [0x0f],
  end: [0x0b],
  else: [0x05],
  'i32.eqz': [0x45],
  'i32.eq': [0x46],
  'i32.ne': [0x47],
  'i32.lt_u': [0x49],
  'i32.gt_u': [0x4b],
  'i32.ge_u': [0x4f],
  'i32.ctz': [0x68],
  'i32.add': [0x6a],
  'i32.sub': [0x6b],
  'i32.and': [0x71],
  'i32.or': [0x72],
  'i64.eq': [0x51],
  'i64.and': [0x83],
  'i64.or': [0x84],
  'i64.shl': [0x86],
  'i64.shr_u': [0x88],
  'i32.wrap_i64': [0xa7],
  'i8x16.splat': [0xfd, 0x0f],
  'i8x16.eq': [0xfd, 0x23],
  'i8x16.lt_u': [0xfd, 0x26],
  'v128.and': [0xfd, 0x4e],
  'v128.or': [0xfd, 0x50],
  'i8x16.bitmask': [0xfd, 0xe4, 0x00],
};

/** Loads, from anywhere. An operand `offset=N` is optional. */
const loads: Readonly<Record<string, readonly number[]>> = {
  'i32.load': [0x28],
  'i64.load': [0x29],
  'i32.load8_u': [0x2d],
  'v128.load': [0xfd, 0x00],
};

const ofLabel: Readonly<Record<string, number>> = { br: 0x0c, br_if: 0x0d };
const ofLocal: Readonly<Record<string, number>> = { 'local.get': 0x20, 'local.set': 0x21, 'local.tee': 0x22 };
const opening: Readonly<Record<string, number>> = { block: 0x02, loop: 0x03, if: 0x04 };
const constants: Readonly<Record<string, number>> = { 'i32.const': 0x41, 'i64.const': 0x42 };
const types = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const;

type WasmType = keyof typeof types;

/** A function that returns an i32. */
export interface WasmFunction {
  readonly params: Readonly<Record<string, WasmType>>;
  readonly locals?: Readonly<Record<string, WasmType>>;
  /** Instructions as in WebAssembly's text format, unfolded; labels, locals and functions by `$name`, comments from ";;" to the line's end. */
  readonly body: string;
}

/**
 * Assembles functions over an imported memory ("host"."memory") into a module that exports all of them. It knows what this folder's
 * programs need and throws for anything else: they are a few dozen lines, for which a compiler would be a large thing to ship.
 */
export function assembleWasm(functions: Readonly<Record<string, WasmFunction>>): Uint8Array<ArrayBuffer> {
  const all = Object.entries(functions);
  const indexes = new Map(all.map(([name], index) => [name, index]));
  const signatures = all.map(([, { params }]) => [0x60, ...vector(valueTypes(params)), 1, types.i32]);
  const exported = all.map(([name], index) => [...text(name), 0x00, ...unsigned(index)]);
  const code = all.map(([, program]) => {
    const body = [...locals(program), ...instructions(program, indexes), 0x0b];
    return [...unsigned(body.length), ...body];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, signatures),
    ...section(2, [[...text('host'), ...text('memory'), 0x02, 0x00, 0x01]]),
    ...section(
      3,
      all.map((_, index) => unsigned(index)),
    ),
    ...section(7, exported),
    ...section(10, code),
  ]);
}

function instructions(
  { params, locals: own = {}, body }: WasmFunction,
  functions: ReadonlyMap<string, number>,
): number[] {
  const names = [...Object.keys(params), ...Object.keys(own)];
  const words = body
    .replace(/;;[^\n]*/g, '')
    .split(/\s+/)
    .filter(Boolean);
  const labels: string[] = [];
  const bytes: number[] = [];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const operand = (): string => words.shift() ?? '';
    if (word in opening) {
      labels.push(words[0]?.startsWith('$') ? operand() : '');
      bytes.push(opening[word] ?? 0, 0x40);
    } else if (word in ofLabel) {
      bytes.push(ofLabel[word] ?? 0, ...unsigned(labels.length - 1 - indexOf(labels, operand())));
    } else if (word in ofLocal) bytes.push(ofLocal[word] ?? 0, ...unsigned(indexOf(names, operand().slice(1))));
    else if (word in constants) bytes.push(constants[word] ?? 0, ...signed(BigInt(operand())));
    else if (word in loads) {
      const offset = words[0]?.startsWith('offset=') ? Number(operand().slice('offset='.length)) : 0;
      bytes.push(...(loads[word] ?? []), 0x00, ...unsigned(offset));
    } else if (word === 'call') bytes.push(0x10, ...unsigned(functions.get(operand().slice(1)) ?? Number.NaN));
    else {
      const opcode = plain[word];
      if (opcode === undefined) throw new Error(`"${word}" is no instruction that is known here.`);
      if (word === 'end') labels.pop();
      bytes.push(...opcode);
    }
  }
  return bytes;
}

function indexOf(names: readonly string[], name: string): number {
  const index = names.lastIndexOf(name);
  if (index < 0) throw new Error(`There is no "${name}".`);
  return index;
}

function locals({ locals: own = {} }: WasmFunction): number[] {
  const each = valueTypes(own).map((type) => [1, type]);
  return [...unsigned(each.length), ...each.flat()];
}

function valueTypes(named: Readonly<Record<string, WasmType>>): number[] {
  return Object.values(named).map((type) => types[type]);
}

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  const content = [...unsigned(entries.length), ...entries.flat()];
  return [id, ...vector(content)];
}

function vector(bytes: readonly number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

function text(value: string): number[] {
  return vector([...Buffer.from(value)]);
}

/** LEB128, as all numbers of a module are. */
function unsigned(value: number): number[] {
  if (!Number.isSafeInteger(value) || value < 0) throw new Error('A reference leads nowhere.');
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(Math.floor(value / 0x80))];
}

function signed(value: bigint): number[] {
  const low = Number(value & 0x7fn);
  const rest = value >> 7n;
  const isLast = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}
