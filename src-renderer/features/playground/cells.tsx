import type { ClipboardEvent, KeyboardEvent, ReactNode } from 'react';
import { useState } from 'react';
import type { TensorInfo } from '#contracts/signature.ts';
import type { CellTensor } from '../../tensors/cell-tensor.ts';
import { parsePasted, pasteCells } from '../../tensors/cell-tensor.ts';
import { strings } from '../../strings/index.ts';
import { checkToken, isInteger, rangeText } from '../../tensors/dtype-token.ts';

const text = strings.playground.input;

export interface CellsProps {
  readonly info: TensorInfo;
  readonly tensor: CellTensor;
  readonly onChange: (tensor: CellTensor) => void;
  /** Tells what is wrong with a cell that is shown but not in the request; undefined when it is right again. */
  readonly onInvalid: (cell: number, message: string | undefined) => void;
  /** Something about a paste that the user should know. */
  readonly onNote: (note: string | undefined) => void;
}

/** Elements that are still shown as single cells; more are edited as JSON. */
const MAX_VECTOR = 64;
const MAX_MATRIX = 400;
const MAX_COLUMNS = 24;

/** Whether a tensor has few enough elements, and axes, for cells. */
export function fitsCells({ shape }: CellTensor): boolean {
  const [rows = 1, columns = 1] = shape;
  if (shape.length < 2) return rows <= MAX_VECTOR;
  return shape.length === 2 && rows * columns <= MAX_MATRIX && columns <= MAX_COLUMNS;
}

/** A scalar, a vector or a matrix as cells. A range copied from a spreadsheet can be pasted into any cell. */
export function Cells(props: CellsProps) {
  const { info, tensor, onNote, onChange } = props;
  const onPaste = (event: ClipboardEvent<HTMLElement>): void => {
    const at = cellIndex(event.target);
    const pasted = parsePasted(event.clipboardData.getData('text/plain'));
    const isRange = pasted.length > 1 || (pasted[0]?.length ?? 0) > 1;
    // A text may well hold blanks and commas; only tabs and lines make it a range.
    const isText = info.dtype === 'string' && !/[\t\n]/u.test(event.clipboardData.getData('text/plain'));
    if (at === undefined || !isRange || isText || tensor.shape.length === 0) return;
    event.preventDefault();
    const growable = (info.dims ?? []).map((dim) => typeof dim !== 'number');
    const result = pasteCells(tensor, info.dtype, at, pasted, growable);
    if (!result.ok) onNote(text.notPasted(result.message));
    else {
      onChange(result.tensor);
      onNote(result.dropped === 0 ? undefined : text.dropped(result.dropped));
    }
  };
  switch (tensor.shape.length) {
    case 0:
      return <CellBox {...props} index={0} label={info.name} wide />;
    case 1:
      return (
        <CellGroup name={info.name} columns={1} onPaste={onPaste} className="flex flex-wrap gap-1.5">
          {Array.from({ length: tensor.cells.length }, (_, index) => (
            <CellBox
              key={index}
              {...props}
              index={index}
              label={text.element(info.name, String(index))}
              wide={info.dtype === 'string'}
              tag={String(index)}
            />
          ))}
          {tensor.cells.length === 0 && <p className="text-xs text-muted">{text.noElements}</p>}
        </CellGroup>
      );
    default:
      return <Grid {...props} onPaste={onPaste} />;
  }
}

/** Takes what bubbles up from its cells: a pasted range, and the keys that move between them. */
function CellGroup({
  name,
  columns,
  onPaste,
  className,
  children,
}: {
  readonly name: string;
  readonly columns: number;
  readonly onPaste: (event: ClipboardEvent<HTMLElement>) => void;
  readonly className: string;
  readonly children: ReactNode;
}) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the events are those of the cells inside
    <div
      role="group"
      aria-label={text.elements(name)}
      onPaste={onPaste}
      onKeyDown={(event) => moveFocus(event, columns)}
      className={className}
    >
      {children}
    </div>
  );
}

function Grid({ onPaste, ...props }: CellsProps & { readonly onPaste: (event: ClipboardEvent<HTMLElement>) => void }) {
  const { info, tensor } = props;
  const [rows = 0, columns = 0] = tensor.shape;
  return (
    <CellGroup name={info.name} columns={columns} onPaste={onPaste} className="overflow-x-auto pb-1">
      <table className="border-separate border-spacing-1">
        <thead>
          <tr>
            <th scope="col">
              <span className="sr-only">{text.row}</span>
            </th>
            {Array.from({ length: columns }, (_, column) => (
              <th key={column} scope="col" className="text-2xs font-normal text-faint">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: rows }, (_, row) => (
            <tr key={row}>
              <th scope="row" className="pe-1 text-end text-2xs font-normal text-faint">
                {row}
              </th>
              {Array.from({ length: columns }, (_unused, column) => (
                <td key={column} className="p-0">
                  <CellBox
                    {...props}
                    index={row * columns + column}
                    label={text.element(info.name, `${row}, ${column}`)}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </CellGroup>
  );
}

function CellBox({
  info,
  tensor,
  index,
  label,
  tag,
  wide = false,
  onChange,
  onInvalid,
}: CellsProps & { readonly index: number; readonly label: string; readonly tag?: string; readonly wide?: boolean }) {
  const value = tensor.cells[index] ?? '';
  // What is being typed, also while it is not a value yet: `-`, `1e`.
  const [typed, setTyped] = useState<string | undefined>();
  const checked = typed === undefined ? undefined : checkToken(info.dtype, typed);
  const problem = checked && !checked.ok ? checked.message : undefined;
  const put = (cell: string): void => {
    onChange({ ...tensor, cells: tensor.cells.with(index, cell) });
  };

  if (info.dtype === 'bool') {
    return (
      <label className="inline-flex h-7 items-center gap-1.5 rounded-md border border-control bg-surface px-2 font-mono text-xs has-focus-visible:outline-2 has-focus-visible:outline-accent">
        <input
          type="checkbox"
          data-cell={index}
          aria-label={label}
          checked={value === 'true'}
          onChange={(event) => put(String(event.target.checked))}
          className="outline-none"
        />
        {value}
      </label>
    );
  }
  return (
    <span className={`relative inline-flex ${wide ? 'w-56 max-w-full' : 'max-w-60 min-w-22'}`}>
      <input
        data-cell={index}
        aria-label={label}
        aria-invalid={problem !== undefined}
        title={problem ?? rangeText(info.dtype)}
        inputMode={info.dtype === 'string' ? 'text' : isInteger(info.dtype) ? 'numeric' : 'decimal'}
        autoComplete="off"
        spellCheck={false}
        value={typed ?? value}
        onChange={(event) => {
          const { value: now } = event.target;
          const next = checkToken(info.dtype, now);
          setTyped(now);
          onInvalid(index, next.ok ? undefined : next.message);
          if (next.ok) put(next.token);
        }}
        onBlur={() => {
          if (problem === undefined) setTyped(undefined);
        }}
        className={`h-7 rounded-md border border-control bg-surface font-mono text-xs transition-colors hover:border-muted aria-invalid:border-bad aria-invalid:bg-bad-soft ${wide ? 'w-full' : 'field-sizing-content w-full min-w-22'} ${tag === undefined ? 'px-2' : 'ps-6 pe-2'}`}
      />
      {tag !== undefined && (
        <span aria-hidden className="pointer-events-none absolute start-1.5 top-1.5 text-2xs text-faint">
          {tag}
        </span>
      )}
    </span>
  );
}

function cellIndex(target: EventTarget): number | undefined {
  const cell = target instanceof HTMLElement ? target.dataset['cell'] : undefined;
  return cell === undefined ? undefined : Number(cell);
}

/** Enter, Up and Down move between rows; Left and Right stay with the text. */
function moveFocus(event: KeyboardEvent<HTMLElement>, columns: number): void {
  const step = { ArrowDown: columns, ArrowUp: -columns, Enter: columns }[event.key];
  const at = cellIndex(event.target);
  if (step === undefined || at === undefined || event.ctrlKey || event.metaKey) return;
  const next = event.currentTarget.querySelector<HTMLElement>(`[data-cell="${at + step}"]`);
  if (!next) return;
  event.preventDefault();
  next.focus();
  if (next instanceof HTMLInputElement) next.select();
}
