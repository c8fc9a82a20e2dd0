import { useState } from 'react';
import { formatClock } from '../../format/time.ts';
import { strings } from '../../strings/index.ts';

/** Rows: the newest; more would not be read. */
const TABLE_ROWS = 60;

/** The numbers of a chart as a table, folded up: for screen readers and the keyboard. */
export function ChartTwin<T extends { readonly atMs: number }>({
  label,
  steps,
  columns,
}: {
  readonly label: string;
  readonly steps: readonly T[];
  readonly columns: readonly { readonly key: string; readonly header: string; readonly cell: (step: T) => string }[];
}) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)} className="sr-only focus-within:not-sr-only">
      <summary className="w-fit rounded-sm text-xs text-muted">{strings.components.chartAsTable(label)}</summary>
      {open && (
        <div className="max-h-48 overflow-y-auto" tabIndex={-1}>
          <table className="mt-1 w-full text-xs">
            <thead>
              <tr className="text-faint">
                <th scope="col" className="text-start font-medium">
                  {strings.components.chartTime}
                </th>
                {columns.map(({ key, header }) => (
                  <th key={key} scope="col" className="text-end font-medium">
                    {header}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {steps.slice(-TABLE_ROWS).map((step) => (
                <tr key={step.atMs}>
                  <th scope="row" className="text-start font-normal">
                    {formatClock(step.atMs)}
                  </th>
                  {columns.map(({ key, cell }) => (
                    <td key={key} className="text-end">
                      {cell(step)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
