/** The three products of matrices that layers need. All matrices are row-major, without gaps. */

/** Rows of the first matrix, rows of the second (the first, where it is transposed), and what both sum over. */
export interface ProductShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** `out` [m, n] += `a` [m, k] x transpose of `b` [n, k]. */
export function addTimesTransposed(
  out: Float64Array,
  a: Float64Array,
  b: Float64Array,
  { m, n, k }: ProductShape,
): void {
  for (let row = 0; row < m; row += 1) {
    let column = 0;
    // Four sums at a time: a single one would wait for each of its additions.
    for (; column + 4 <= n; column += 4) {
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      const a0 = row * k;
      const b0 = column * k;
      const b1 = b0 + k;
      const b2 = b1 + k;
      const b3 = b2 + k;
      for (let index = 0; index < k; index += 1) {
        const value = a[a0 + index] ?? 0;
        s0 += value * (b[b0 + index] ?? 0);
        s1 += value * (b[b1 + index] ?? 0);
        s2 += value * (b[b2 + index] ?? 0);
        s3 += value * (b[b3 + index] ?? 0);
      }
      const at = row * n + column;
      out[at] = (out[at] ?? 0) + s0;
      out[at + 1] = (out[at + 1] ?? 0) + s1;
      out[at + 2] = (out[at + 2] ?? 0) + s2;
      out[at + 3] = (out[at + 3] ?? 0) + s3;
    }
    for (; column < n; column += 1) {
      let sum = 0;
      for (let index = 0; index < k; index += 1) sum += (a[row * k + index] ?? 0) * (b[column * k + index] ?? 0);
      out[row * n + column] = (out[row * n + column] ?? 0) + sum;
    }
  }
}

/** `out` [m, n] += `a` [m, k] x `b` [k, n]. Zeros of `a` cost nothing. */
export function addTimes(out: Float64Array, a: Float64Array, b: Float64Array, { m, n, k }: ProductShape): void {
  for (let row = 0; row < m; row += 1) {
    for (let index = 0; index < k; index += 1) addScaledRow(out, row * n, b, index * n, n, a[row * k + index] ?? 0);
  }
}

/** `out` [m, n] += transpose of `a` [k, m] x `b` [k, n]. Zeros of `a` cost nothing. */
export function addTransposedTimes(
  out: Float64Array,
  a: Float64Array,
  b: Float64Array,
  { m, n, k }: ProductShape,
): void {
  for (let index = 0; index < k; index += 1) {
    for (let row = 0; row < m; row += 1) addScaledRow(out, row * n, b, index * n, n, a[index * m + row] ?? 0);
  }
}

function addScaledRow(
  out: Float64Array,
  outStart: number,
  row: Float64Array,
  rowStart: number,
  length: number,
  factor: number,
): void {
  if (factor === 0) return;
  for (let index = 0; index < length; index += 1) {
    out[outStart + index] = (out[outStart + index] ?? 0) + factor * (row[rowStart + index] ?? 0);
  }
}
