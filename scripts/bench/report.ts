/** One line of the result: a figure of this run beside the limit it is to keep. */
export interface Line {
  readonly what: string;
  readonly value: number;
  /** None for a number of things. */
  readonly unit: 'x' | 'ms' | 's' | '%' | 'KB' | 'MB' | '';
  /** Left out: a figure for information. */
  readonly limit?: { readonly at: 'least' | 'most'; readonly value: number };
  /** What the figure was made from. */
  readonly detail?: string;
}

const DIGITS: Readonly<Record<Line['unit'], number>> = { x: 2, s: 2, ms: 1, '%': 1, KB: 1, MB: 1, '': 0 };

function formatted(value: number, unit: Line['unit']): string {
  return `${value.toFixed(DIGITS[unit])} ${unit}`.trimEnd();
}

function verdict({ value, limit }: Line): string {
  if (!limit) return '';
  return (limit.at === 'least' ? value >= limit.value : value <= limit.value) ? 'ok' : 'MISSED';
}

/** The lines as a table for the terminal. */
export function table(lines: readonly Line[]): string {
  const rows = lines.map((line) => [
    line.what,
    formatted(line.value, line.unit),
    line.limit ? `${line.limit.at === 'least' ? '>=' : '<='} ${formatted(line.limit.value, line.unit)}` : '',
    verdict(line),
    line.detail ?? '',
  ]);
  const header = ['measured', 'value', 'limit', '', 'from'];
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
