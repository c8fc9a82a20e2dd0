/** IEEE 754 binary16 and doubles. */

/** What adding to and taking from a small number rounds it to an integer, ties to even. */
const ROUND_TO_INTEGER = 2 ** 52;
const SMALLEST_NORMAL = 2 ** -14;
const INFINITY_BITS = 0x7c00;

const doubleView = new Float64Array(1);
/** The same eight bytes; every platform of onnxruntime-node is little-endian, so the sign and exponent are in word 1. */
const wordView = new Uint32Array(doubleView.buffer);

/** The bits of the half nearest to `value` (ties to even), rounded once; NaN becomes the quiet NaN 0x7e00. */
export function toHalfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  doubleView[0] = value;
  const high = wordView[1] ?? 0;
  const sign = (high >>> 16) & 0x8000;
  const size = Math.abs(value);
  // 65520 lies halfway between the largest half, 65504, and what would come next.
  if (size >= 65520) return sign | INFINITY_BITS;
  if (size < SMALLEST_NORMAL) return sign | roundToInteger(size * 2 ** 24);
  const exponent = ((high >>> 20) & 0x7ff) - 1023;
  // The mantissa as 1024 to 2048; 2048 carries into the exponent as it should.
  return sign | (((exponent + 14) << 10) + roundToInteger(size * 2 ** (10 - exponent)));
}

/** The value of a half's bits, exactly. */
export function fromHalfBits(bits: number): number {
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  const size =
    exponent === 0x1f
      ? fraction === 0
        ? Infinity
        : NaN
      : exponent === 0
        ? fraction * 2 ** -24
        : (1024 + fraction) * 2 ** (exponent - 25);
  return (bits & 0x8000) === 0 ? size : -size;
}

function roundToInteger(value: number): number {
  return value + ROUND_TO_INTEGER - ROUND_TO_INTEGER;
}
