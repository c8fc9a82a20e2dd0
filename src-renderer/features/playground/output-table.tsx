import { strings } from '../../strings/index.ts';
import type { OutputTable } from '../../tensors/response.ts';

/** Columns of a matrix that still fit side by side; wider rows are listed one value per line. */
const MAX_COLUMNS = 24;

/** The first cells of an output, each with its place. */
export function TableView({ output }: { readonly output: OutputTable }) {
  const { dtype, shape, cells } = output;
  const last = shape.at(-1) ?? 1;
  const columns = shape.length >= 2 && last <= MAX_COLUMNS && last > 0 ? last : 1;
  const rowShape = columns > 1 || (shape.length >= 2 && last === 1) ? shape.slice(0, -1) : shape;
  const rows = Math.ceil(cells.length / columns);
  return (
    <div className="overflow-x-auto">
      <table className="text-xs">
        {columns > 1 && (
          <thead>
            <tr>
              <th scope="col">
                <span className="sr-only">{strings.playground.answer.row}</span>
              </th>
              {Array.from({ length: columns }, (_, column) => (
                <th
                  key={column}
                  scope="col"
                  className="border-b border-line px-2.5 text-end text-2xs font-normal text-faint"
                >
                  {column}
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {Array.from({ length: rows }, (_, row) => (
            <tr key={row} className="hover:bg-hover">
              <th
                scope="row"
                className="py-0.5 pe-3 text-end font-mono text-2xs font-normal whitespace-nowrap text-faint"
              >
                {shape.length === 0 ? '' : indexText(row, rowShape)}
              </th>
              {Array.from({ length: Math.min(columns, cells.length - row * columns) }, (_unused, column) => (
                <td key={column} className={`px-2.5 py-0.5 font-mono ${dtype === 'string' ? '' : 'text-end'}`}>
                  {cells[row * columns + column]}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** `3` for a vector, `0, 3` for what has more axes. */
export function indexText(flat: number, shape: readonly number[]): string {
  const index: number[] = [];
  let rest = flat;
  for (const size of shape.toReversed()) {
    index.unshift(size === 0 ? 0 : rest % size);
    rest = size === 0 ? 0 : Math.floor(rest / size);
  }
  return index.join(', ');
}
