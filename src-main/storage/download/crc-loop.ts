/**
 * Reflected checksums of up to 64 bits by tables, 16 bytes a turn ("slicing by 16"). JavaScript has no fast integers of
 * 64 bits, so the loop is a WebAssembly module, put together below from the few instructions that it takes: that is
 * about three times as fast, and goes everywhere without a binary to build.
 */

/** The state of a checksum after more bytes, from the state before them. Neither is inverted at the ends. */
export type CrcLoop = (state: bigint, bytes: Uint8Array) => bigint;

/** Bytes of a turn, each of which has a table of its own. */
const SLICES = 16;
const WORD_BYTES = 8;
const TABLE_BYTES = 256 * WORD_BYTES;
/** Tables are in the first page of the memory, bytes are copied to the second. */
const PAGE_BYTES = 65_536;

/** Makes the tables of a polynomial; reflected, so that its highest bit is the coefficient of x^0. Takes about 1 ms. */
export function createCrcLoop(polynomial: bigint): CrcLoop {
  const { memory, run } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes())).exports;
  writeTables(new DataView(memory.buffer), polynomial);
  const page = new Uint8Array(memory.buffer, PAGE_BYTES, PAGE_BYTES);
  return (state, bytes) => {
    let after = state;
    for (let start = 0; start < bytes.length; start += PAGE_BYTES) {
      const piece = bytes.subarray(start, start + PAGE_BYTES);
      page.set(piece);
      after = run(after, PAGE_BYTES, PAGE_BYTES + piece.length);
    }
    return BigInt.asUintN(64, after);
  };
}

/** Table k, at k * TABLE_BYTES, holds what a byte does to the checksum when k more bytes follow it in its turn. */
function writeTables(memory: DataView, polynomial: bigint): void {
  const first = Array.from({ length: 256 }, (_, byte) => {
    let value = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ polynomial : value >> 1n;
    return value;
  });
  let table = first;
  for (let k = 0; k < SLICES; k++) {
    for (const [byte, value] of table.entries()) {
      memory.setBigUint64(k * TABLE_BYTES + byte * WORD_BYTES, value, true);
    }
    table = table.map((value) => (first[Number(value & 0xffn)] ?? 0n) ^ (value >> 8n));
  }
}

/** The part of WebAssembly that is used here: the types of Node.js have none of it. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => {
    /** What {@link moduleBytes} exports. */
    readonly exports: {
      readonly memory: { readonly buffer: ArrayBuffer };
      /** The state after the bytes of the memory from `start` to before `end`. */
      readonly run: (state: bigint, start: number, end: number) => bigint;
    };
  };
};

const I32 = 0x7f;
const I64 = 0x7e;

/** The instructions that the loop takes. Source: WebAssembly core specification 1.0, chapter 5.4. */
const wasm = {
  block: [0x02, 0x40],
  loop: [0x03, 0x40],
  end: [0x0b],
  branch: (depth: number) => [0x0c, depth],
  branchIf: (depth: number) => [0x0d, depth],
  get: (local: number) => [0x20, local],
  set: (local: number) => [0x21, local],
  /** A word at the address on the stack, plus `offset`; aligned or not. */
  loadWord: (offset: number) => [0x29, 0, ...unsigned(offset)],
  loadByte: [0x31, 0, 0],
  i32: (value: number) => [0x41, ...signed(value)],
  i64: (value: number) => [0x42, ...signed(value)],
  i32IsGreater: [0x4b],
  i32IsNotLess: [0x4f],
  i32Add: [0x6a],
  i32And: [0x71],
  xor: [0x85],
  shiftLeft: [0x86],
  shiftRight: [0x88],
  toI32: [0xa7],
} as const;

/** The locals of the function. The first three are its parameters. */
const STATE = 0;
const AT = 1;
const END = 2;
const WORD = 3;

/** `(state, start, end) => state`: turns of 16 bytes while there are so many, then of one. */
function loopCode(): readonly number[] {
  const advance = (bytes: number) => [...wasm.get(AT), ...wasm.i32(bytes), ...wasm.i32Add, ...wasm.set(AT)];
  const whileTrue = (unless: readonly number[], turn: readonly number[]) =>
    [wasm.block, wasm.loop, unless, wasm.branchIf(1), turn, wasm.branch(0), wasm.end, wasm.end].flat();
  const pastWholeTurns = [...wasm.get(AT), ...wasm.i32(SLICES), ...wasm.i32Add, ...wasm.get(END), ...wasm.i32IsGreater];
  const pastEnd = [...wasm.get(AT), ...wasm.get(END), ...wasm.i32IsNotLess];
  return [
    ...whileTrue(pastWholeTurns, [...wholeTurn(), ...advance(SLICES)]),
    ...whileTrue(pastEnd, [...byteTurn(), ...advance(1)]),
    ...wasm.get(STATE),
    ...wasm.end,
  ];
}

/** The state goes into the first word; then each byte is looked up in its table, and all that is found is added. */
function wholeTurn(): readonly number[] {
  const words = Array.from({ length: SLICES / WORD_BYTES }, (_, word) => [
    ...wasm.get(AT),
    ...wasm.loadWord(word * WORD_BYTES),
    ...(word === 0 ? [...wasm.get(STATE), ...wasm.xor] : []),
    ...wasm.set(WORD + word),
  ]);
  const found = Array.from({ length: SLICES }, (_, index) => [
    ...wasm.get(WORD + Math.floor(index / WORD_BYTES)),
    ...lookUp(index % WORD_BYTES, SLICES - 1 - index),
    ...(index === 0 ? [] : wasm.xor),
  ]);
  return [...words.flat(), ...found.flat(), ...wasm.set(STATE)];
}

function byteTurn(): readonly number[] {
  return [
    ...[wasm.get(STATE), wasm.get(AT), wasm.loadByte, wasm.xor].flat(),
    ...lookUp(0, 0),
    ...[wasm.get(STATE), wasm.i64(8), wasm.shiftRight, wasm.xor, wasm.set(STATE)].flat(),
  ];
}

/** Puts the entry of a table for one byte of the word on the stack in place of that word; byte 0 is the lowest. */
function lookUp(byte: number, table: number): readonly number[] {
  // The byte is moved to where it counts entries already: eight bytes each.
  const move = byte === 0 ? [...wasm.i64(3), ...wasm.shiftLeft] : [...wasm.i64(byte * 8 - 3), ...wasm.shiftRight];
  const mask = [...wasm.toI32, ...wasm.i32(0xff * WORD_BYTES), ...wasm.i32And];
  return [...move, ...mask, ...wasm.loadWord(table * TABLE_BYTES)];
}

/** Source: WebAssembly core specification 1.0, chapter 5.5. */
function moduleBytes(): Uint8Array {
  const section = (id: number, ...content: readonly number[]) => [id, ...unsigned(content.length), ...content];
  const name = (text: string) => [text.length, ...Buffer.from(text)];
  const words = [1, SLICES / WORD_BYTES, I64];
  const body = [...words, ...loopCode()];
  return Uint8Array.from([
    ...Buffer.from('\0asm\x01\0\0\0'),
    ...section(1, 1, 0x60, 3, I64, I32, I32, 1, I64), // one type of function
    ...section(3, 1, 0), // one function of it
    ...section(5, 1, 0, 2), // one memory of two pages
    ...section(7, 2, ...name('run'), 0, 0, ...name('memory'), 2, 0),
    ...section(10, 1, ...unsigned(body.length), ...body),
  ]);
}

/** LEB128: seven bits in each byte, the lowest first. */
function unsigned(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** The same of numbers whose next bit is their sign. */
function signed(value: number): readonly number[] {
  return value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
