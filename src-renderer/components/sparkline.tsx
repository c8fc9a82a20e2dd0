/** A line the size of a word: the shape of the last values, newest at the end. Gaps are undefined. */
export function Sparkline({
  label,
  values,
  max,
  width = 72,
  height = 18,
}: {
  /** Says in words what the line shows, such as `12 requests per second, peak 40`. */
  readonly label: string;
  readonly values: readonly (number | undefined)[];
  /** Top of the scale, so that lines below each other compare; the highest value where it is left out. */
  readonly max?: number;
  readonly width?: number;
  readonly height?: number;
}) {
  const known = values.filter((value) => value !== undefined);
  const top = Math.max(max ?? 0, ...known, Number.MIN_VALUE);
  const at = (value: number, index: number): string => {
    const x = values.length < 2 ? width : (index / (values.length - 1)) * (width - 2) + 1;
    return `${x.toFixed(1)} ${(height - 1.5 - (value / top) * (height - 3)).toFixed(1)}`;
  };
  let path = '';
  for (const [index, value] of values.entries()) {
    if (value !== undefined) path += `${index > 0 && values[index - 1] !== undefined ? 'L' : 'M'}${at(value, index)}`;
  }
  return (
    <svg
      role="img"
      aria-label={label}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      className="shrink-0 overflow-visible rtl:-scale-x-100"
    >
      <path d={`M1 ${height - 0.5}H${width - 1}`} className="fill-none stroke-line" />
      <path
        d={path}
        className="fill-none stroke-accent"
        strokeWidth="1.25"
        strokeLinejoin="round"
        strokeLinecap="round"
      />
    </svg>
  );
}
