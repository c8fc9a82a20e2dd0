/** How far two answers to one request are apart. */

/** One output of each of two answers, as far as their cells are told. */
export interface DiffSide {
  readonly shape: readonly number[];
  readonly cells: readonly string[];
}

export interface CellDiff {
  /** Distance, and distance as a share of the first one's size; undefined for what is no number. */
  readonly absolute: number | undefined;
  readonly relative: number | undefined;
  readonly same: boolean;
}

export type TensorDiff =
  | { readonly kind: 'shapes' }
  | {
      readonly kind: 'cells';
      readonly cells: readonly CellDiff[];
      /** Cells that are not the same. */
      readonly different: number;
      readonly maxAbsolute: number;
      readonly meanAbsolute: number;
      readonly maxRelative: number;
      /** Flat index of the cell with the greatest distance; undefined where all are the same. */
      readonly worst: number | undefined;
    };

/** Compares cell by cell. Two NaN are the same; against zero the relative distance is infinite. */
export function diffTensors(left: DiffSide, right: DiffSide): TensorDiff {
  if (left.shape.length !== right.shape.length || left.shape.some((size, axis) => size !== right.shape[axis]))
    return { kind: 'shapes' };
  const cells = left.cells.map((cell, index) => diffCell(cell, right.cells[index] ?? ''));
  let [different, sum, counted, maxAbsolute, maxRelative] = [0, 0, 0, 0, 0];
  let worst: number | undefined;
  for (const [index, { same, absolute, relative }] of cells.entries()) {
    if (!same) different += 1;
    if (absolute !== undefined) {
      sum += absolute;
      counted += 1;
      maxRelative = Math.max(maxRelative, relative ?? 0);
    }
    if (!same && (worst === undefined || (absolute ?? 0) > maxAbsolute)) worst = index;
    maxAbsolute = Math.max(maxAbsolute, absolute ?? 0);
  }
  return {
    kind: 'cells',
    cells,
    different,
    maxAbsolute,
    meanAbsolute: counted === 0 ? 0 : sum / counted,
    maxRelative,
    worst,
  };
}

const NUMBER = /^-?(?:\d|Infinity$)/u;

function diffCell(left: string, right: string): CellDiff {
  if (left === right) {
    const isNumber = NUMBER.test(left);
    return { same: true, absolute: isNumber ? 0 : undefined, relative: isNumber ? 0 : undefined };
  }
  if (!NUMBER.test(left) || !NUMBER.test(right)) return { same: false, absolute: undefined, relative: undefined };
  const [a, b] = [Number(left), Number(right)];
  if (a === b) {
    // Longer than a double tells: whole numbers that differ in their last digits.
    const exact = /^-?\d+$/u;
    if (!exact.test(left) || !exact.test(right)) return { same: true, absolute: 0, relative: 0 };
    const apart = Number(BigInt(left) - BigInt(right));
    return { same: apart === 0, absolute: Math.abs(apart), relative: Math.abs(apart / a) };
  }
  const absolute = Math.abs(a - b);
  return { same: false, absolute, relative: absolute / Math.abs(a) };
}
