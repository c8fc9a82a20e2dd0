/**
 * The value below which a share of the counted values lies, taken as spread evenly within a row.
 * @param counts by row: at most `bounds[0]`, at most `bounds[1]`, …, and above the last bound, which counts as that bound.
 * @param bounds ascending.
 * @param share from 0 to 1.
 * @returns null where nothing was counted.
 */
export function quantile(counts: ArrayLike<number>, bounds: ArrayLike<number>, share: number): number | null {
  let total = 0;
  for (let row = 0; row < counts.length; row += 1) total += counts[row] ?? 0;
  if (total === 0) return null;
  const rank = share * total;
  let below = 0;
  for (let row = 0; row < counts.length; row += 1) {
    const count = counts[row] ?? 0;
    if (count > 0 && below + count >= rank) {
      const lower = row === 0 ? 0 : (bounds[row - 1] ?? 0);
      const upper = bounds[row] ?? lower;
      return lower + ((upper - lower) * (rank - below)) / count;
    }
    below += count;
  }
  return bounds[bounds.length - 1] ?? null;
}
