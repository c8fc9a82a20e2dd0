/** Rows of cells as text, as spreadsheets write them (RFC 4180, and tabs or semicolons instead of commas). */

/** The separator that stands most often on the first line; a comma where there is none. */
function separatorOf(text: string): string {
  const [firstLine = ''] = text.split(/\r?\n/u, 1);
  const count = (separator: string): number => firstLine.split(separator).length - 1;
  return ['\t', ';', ','].reduce((best, separator) => (count(separator) > count(best) ? separator : best), ',');
}

/** Empty lines are left out; cells in quotes may hold separators, quotes (doubled) and line breaks. */
export function parseCsv(text: string): readonly (readonly string[])[] {
  const source = text.replace(/^\ufeff/u, '');
  const separator = separatorOf(source);
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  const endRow = (): void => {
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  };
  for (;;) {
    let cell = '';
    if (source[at] === '"') {
      at += 1;
      for (;;) {
        const end = source.indexOf('"', at);
        cell += source.slice(at, end < 0 ? undefined : end);
        at = end < 0 ? source.length : end + 1;
        if (end < 0 || source[at] !== '"') break;
        cell += '"';
        at += 1;
      }
    }
    const start = at;
    while (at < source.length && source[at] !== separator && source[at] !== '\n') at += 1;
    cell += source.slice(start, at).replace(/\r$/u, '');
    row.push(cell);
    if (source[at] === separator) {
      at += 1;
      continue;
    }
    endRow();
    if (at >= source.length) return rows;
    at += 1;
  }
}

const quoted = (cell: string): string => (/[",\r\n]/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** A tensor as CSV: its last axis are the columns, a vector is one column. Ends with a line break. */
export function toCsv(shape: readonly number[], cells: readonly string[]): string {
  const columns = shape.length < 2 ? 1 : Math.max(1, shape.at(-1) ?? 1);
  const lines: string[] = [];
  for (let at = 0; at < cells.length; at += columns)
    lines.push(
      cells
        .slice(at, at + columns)
        .map(quoted)
        .join(','),
    );
  return `${lines.join('\n')}\n`;
}
