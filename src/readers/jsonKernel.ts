import { assembleWasm, type WasmFunction } from './assembleWasm.ts';

/**
 * What is done with every byte of a log, sixteen bytes at a time. Places are indexes into `heap`. Nothing here looks for the end of a text:
 * whoever calls puts a line break behind it, which stands in no JSON of one line.
 */
export interface JsonKernel {
  /** All of the memory. */
  readonly heap: Uint8Array;
  /** The part of it where text is put; its `byteOffset` is the place of its first byte. */
  readonly text: Buffer;
  /** The place after the JSON value that begins here, or -1 where there is none, or one nested deeper than 60. */
  pass(at: number): number;
  /** The place of the first byte from here on that is no blank; a line break is none. */
  space(at: number): number;
  /** Looks for the first place in a range at which a needle is, -1 for none. Null for a needle that is not of 2 to 8 bytes. */
  finder(needle: Uint8Array): ((from: number, end: number) => number) | null;
}

const string: WasmFunction = {
  params: { at: 'i32' },
  locals: { bytes: 'v128', stops: 'i32', byte: 'i32' },
  body: `
    loop $next
      local.get $at  v128.load  local.set $bytes
      local.get $bytes  i32.const 0x22  i8x16.splat  i8x16.eq
      local.get $bytes  i32.const 0x5c  i8x16.splat  i8x16.eq  v128.or
      local.get $bytes  i32.const 0x20  i8x16.splat  i8x16.lt_u  v128.or
      i8x16.bitmask  local.tee $stops
      i32.eqz
      if
        local.get $at  i32.const 16  i32.add  local.set $at
        br $next
      end
      local.get $at  local.get $stops  i32.ctz  i32.add  local.tee $at
      i32.load8_u  local.tee $byte
      i32.const 0x22  i32.eq
      if
        local.get $at  i32.const 1  i32.add  return
      end
      local.get $byte  i32.const 0x5c  i32.ne
      if
        i32.const -1  return
      end
      ;; The table of classes at 0 says 1 for what may follow a backslash, and 2 for digits.
      local.get $at  i32.load8_u offset=1  local.tee $byte
      i32.load8_u  i32.const 1  i32.and
      if
        local.get $at  i32.const 2  i32.add  local.set $at
        br $next
      end
      local.get $byte  i32.const 0x75  i32.ne
      if
        i32.const -1  return
      end
      local.get $at  i32.load8_u offset=2  i32.load8_u
      local.get $at  i32.load8_u offset=3  i32.load8_u  i32.and
      local.get $at  i32.load8_u offset=4  i32.load8_u  i32.and
      local.get $at  i32.load8_u offset=5  i32.load8_u  i32.and
      i32.const 2  i32.and  i32.eqz
      if
        i32.const -1  return
      end
      local.get $at  i32.const 6  i32.add  local.set $at
      br $next
    end
    i32.const -1`,
};

/** Class 8: blank, tab, carriage return. */
const space: WasmFunction = {
  params: { at: 'i32' },
  body: `
    loop $next
      local.get $at  i32.load8_u  i32.load8_u  i32.const 8  i32.and
      if
        local.get $at  i32.const 1  i32.add  local.set $at
        br $next
      end
    end
    local.get $at`,
};

/** At least one digit of ten (class 4). */
const digits: WasmFunction = {
  params: { at: 'i32' },
  locals: { start: 'i32' },
  body: `
    local.get $at  local.set $start
    loop $next
      local.get $at  i32.load8_u  i32.load8_u  i32.const 4  i32.and
      if
        local.get $at  i32.const 1  i32.add  local.set $at
        br $next
      end
    end
    local.get $at  local.get $start  i32.eq
    if
      i32.const -1  return
    end
    local.get $at`,
};

/** true, false, null or a number. */
const literal: WasmFunction = {
  params: { at: 'i32' },
  locals: { word: 'i32' },
  body: `
    local.get $at  i32.load  local.tee $word
    i32.const 0x65757274  i32.eq
    local.get $word  i32.const 0x6c6c756e  i32.eq  i32.or
    if
      local.get $at  i32.const 4  i32.add  return
    end
    local.get $word  i32.const 0x736c6166  i32.eq
    local.get $at  i32.load8_u offset=4  i32.const 0x65  i32.eq  i32.and
    if
      local.get $at  i32.const 5  i32.add  return
    end
    local.get $at  i32.load8_u  i32.const 0x2d  i32.eq
    if
      local.get $at  i32.const 1  i32.add  local.set $at
    end
    local.get $at  i32.load8_u  i32.const 0x30  i32.eq
    if
      local.get $at  i32.const 1  i32.add  local.set $at
    else
      local.get $at  call $digits  local.tee $at
      i32.const -1  i32.eq
      if
        i32.const -1  return
      end
    end
    local.get $at  i32.load8_u  i32.const 0x2e  i32.eq
    if
      local.get $at  i32.const 1  i32.add  call $digits  local.tee $at
      i32.const -1  i32.eq
      if
        i32.const -1  return
      end
    end
    local.get $at  i32.load8_u  i32.const 0x20  i32.or  i32.const 0x65  i32.eq
    if
      local.get $at  i32.const 1  i32.add  local.tee $at
      i32.load8_u  local.tee $word
      i32.const 0x2b  i32.eq
      local.get $word  i32.const 0x2d  i32.eq  i32.or
      if
        local.get $at  i32.const 1  i32.add  local.set $at
      end
      local.get $at  call $digits  return
    end
    local.get $at`,
};

/** `open` has a bit for each container that is open, the innermost lowest: 1 for an object. */
const pass: WasmFunction = {
  params: { at: 'i32' },
  locals: { byte: 'i32', depth: 'i32', open: 'i64', isKey: 'i32' },
  body: `
    loop $value
      local.get $isKey
      if
        local.get $at  i32.load8_u  i32.const 0x22  i32.ne
        if
          i32.const -1  return
        end
        local.get $at  i32.const 1  i32.add  call $string  local.tee $at
        i32.const -1  i32.eq
        if
          i32.const -1  return
        end
        local.get $at  call $space  local.tee $at
        i32.load8_u  i32.const 0x3a  i32.ne
        if
          i32.const -1  return
        end
        local.get $at  i32.const 1  i32.add  call $space  local.set $at
      end
      local.get $at  i32.load8_u  local.tee $byte
      i32.const 0x22  i32.eq
      if
        local.get $at  i32.const 1  i32.add  call $string  local.set $at
      else
        ;; "{" and "[" differ in one bit.
        local.get $byte  i32.const 0x20  i32.or  i32.const 0x7b  i32.eq
        if
          local.get $byte  i32.const 0x7b  i32.eq  local.set $isKey
          local.get $depth  i32.const 1  i32.add  local.tee $depth
          i32.const 60  i32.gt_u
          if
            i32.const -1  return
          end
          local.get $open  i64.const 1  i64.shl  local.set $open
          local.get $isKey
          if
            local.get $open  i64.const 1  i64.or  local.set $open
          end
          local.get $at  i32.const 1  i32.add  call $space  local.tee $at
          i32.load8_u  local.get $byte  i32.const 2  i32.add  i32.ne
          br_if $value
        else
          local.get $at  call $literal  local.set $at
        end
      end
      local.get $at  i32.const -1  i32.eq
      if
        i32.const -1  return
      end
      loop $after
        local.get $depth  i32.eqz
        if
          local.get $at  return
        end
        local.get $open  i32.wrap_i64  i32.const 1  i32.and  local.set $isKey
        local.get $at  call $space  local.tee $at
        i32.load8_u  local.tee $byte
        i32.const 0x2c  i32.eq
        if
          local.get $at  i32.const 1  i32.add  call $space  local.set $at
          br $value
        end
        local.get $byte  i32.const 0x7d  i32.eq
        local.get $isKey  i32.and
        local.get $byte  i32.const 0x5d  i32.eq
        local.get $isKey  i32.eqz  i32.and
        i32.or
        if
          local.get $at  i32.const 1  i32.add  local.set $at
          local.get $depth  i32.const 1  i32.sub  local.set $depth
          local.get $open  i64.const 1  i64.shr_u  local.set $open
          br $after
        end
      end
    end
    i32.const -1`,
};

/** Places where the first and the last byte of the needle are, sixteen at a time, and of those the first where all of it is. */
const find: WasmFunction = {
  params: { at: 'i32', end: 'i32', needle: 'i32', length: 'i32' },
  locals: { hits: 'i32', place: 'i32' },
  body: `
    loop $blocks
      local.get $at  local.get $end  i32.ge_u
      if
        i32.const -1  return
      end
      local.get $at  v128.load
      local.get $needle  i32.load8_u  i8x16.splat  i8x16.eq
      local.get $at  local.get $length  i32.add  i32.const 1  i32.sub  v128.load
      local.get $needle  local.get $length  i32.add  i32.const 1  i32.sub  i32.load8_u  i8x16.splat  i8x16.eq
      v128.and  i8x16.bitmask  local.set $hits
      loop $hit
        local.get $hits
        if
          local.get $at  local.get $hits  i32.ctz  i32.add  local.tee $place
          i64.load  local.get $needle  i64.load offset=8  i64.and
          local.get $needle  i64.load  i64.eq
          if
            local.get $place  local.get $length  i32.add  local.get $end  i32.gt_u
            if
              i32.const -1  return
            end
            local.get $place  return
          end
          local.get $hits  local.get $hits  i32.const 1  i32.sub  i32.and  local.set $hits
          br $hit
        end
      end
      local.get $at  i32.const 16  i32.add  local.set $at
      br $blocks
    end
    i32.const -1`,
};

/** Bytes behind the text that may be looked at, and those before it that are the kernel's own. */
const slackBytes = 64;
const ownBytes = 1024;
const needlesAt = 512;
const needleBytes = 16;
const longestNeedle = 8;
const pageBytes = 65_536;

/** What is used of WebAssembly, of which Node's types know nothing. */
interface WasmHost {
  readonly Memory: new (size: {
    readonly initial: number;
    readonly maximum: number;
  }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Exports };
}

type Find = (at: number, end: number, needle: number, length: number) => number;
type Exports = Pick<JsonKernel, 'pass' | 'space'> & { readonly find: Find };

/** Makes a kernel with room for a text of so many bytes; null where this Node runs no WebAssembly, or not with what this needs. */
export function createJsonKernel(textBytes: number): JsonKernel | null {
  try {
    const { WebAssembly: host } = globalThis as unknown as { readonly WebAssembly: WasmHost };
    const pages = Math.ceil((ownBytes + textBytes + slackBytes) / pageBytes);
    const memory = new host.Memory({ initial: pages, maximum: pages });
    const module = new host.Module(assembleWasm({ string, space, digits, literal, pass, find }));
    const { exports } = new host.Instance(module, { host: { memory } });
    const heap = new Uint8Array(memory.buffer);
    heap.set(classes);
    const { pass: passValue, space: afterSpace } = exports;
    return {
      ...{ heap, pass: passValue, space: afterSpace, finder: finderOf(heap, exports.find) },
      text: Buffer.from(memory.buffer, ownBytes, textBytes),
    };
  } catch {
    return null;
  }
}

function finderOf(heap: Uint8Array, findIn: Find): JsonKernel['finder'] {
  let nextAt = needlesAt;
  return (needle) => {
    if (needle.length < 2 || needle.length > longestNeedle || nextAt + needleBytes > ownBytes) return null;
    const at = nextAt;
    nextAt += needleBytes;
    heap.set(needle, at);
    heap.fill(0xff, at + longestNeedle, at + longestNeedle + needle.length);
    return (from, end) => findIn(from, end, at, needle.length);
  };
}

/** See the programs above. */
const classes = Uint8Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  const isHexDigit = /[0-9a-fA-F]/.test(char);
  const isDigit = /[0-9]/.test(char);
  return (
    ('"\\/bfnrt'.includes(char) ? 1 : 0) | (isHexDigit ? 2 : 0) | (isDigit ? 4 : 0) | (' \t\r'.includes(char) ? 8 : 0)
  );
});
