import { Download } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Select } from '../../components/select.tsx';
import { formatCount, formatShape } from '../../format/quantity.ts';
import { saveFile } from '../../save-file.ts';
import { strings } from '../../strings/index.ts';
import { toCsv } from '../../tensors/csv.ts';
import type { Rgba } from '../../tensors/image-frame.ts';
import { printJson } from '../../tensors/lossless-json.ts';
import { writeNpy } from '../../tensors/npy.ts';
import type { OutputView, ViewChoice } from '../../tensors/output-view.ts';
import { chooseView, shapeToView } from '../../tensors/output-view.ts';
import type { OutputTable } from '../../tensors/response.ts';
import { allCells } from '../../tensors/response.ts';
import { BarsView } from './output-bars.tsx';
import { LineView } from './output-line.tsx';
import { BoxesView, HeatView, PictureView } from './output-plane.tsx';
import { TableView } from './output-table.tsx';

const text = strings.playground.answer;

/** Pictures and lines take no more cells than this from an output. */
const MAX_DRAWN = 4_000_000;
const MAX_RAW_CHARACTERS = 20_000;

/** One output in the view that suits it, or the one that was chosen, and as a file. */
export function OutputCard({
  output,
  labels,
  picture,
}: {
  readonly output: OutputTable;
  readonly labels: readonly string[] | undefined;
  /** The picture among the inputs of the request. */
  readonly picture: Rgba | undefined;
}) {
  const { name, dtype, shape, cells, total } = output;
  const choice = useViewChoice(output, labels, picture);
  const [chosen, setChosen] = useState<OutputView | undefined>();
  const view = chosen && choice.possible.includes(chosen) ? chosen : choice.guess;
  return (
    <section aria-label={text.outputName(name)}>
      <header className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="font-mono text-sm font-semibold break-all">{name}</h2>
        <span className="font-mono text-xs text-muted">
          {dtype} {formatShape(shape)}
        </span>
        {view === 'table' && total > cells.length && (
          <span className="text-xs text-faint">{text.first(formatCount(cells.length), formatCount(total))}</span>
        )}
        <span className="ms-auto flex flex-wrap items-center gap-1">
          <span className="w-28">
            <Select
              label={text.view(name)}
              labelHidden
              options={choice.possible.map((key) => ({ key, label: text.views[key] }))}
              selected={view}
              onSelect={setChosen}
            />
          </span>
          {FORMATS.map((format) => (
            <Button
              key={format}
              size="sm"
              variant="ghost"
              icon={Download}
              aria-label={text.exportName(name, format)}
              title={text.exportName(name, format)}
              onClick={() => exportOutput(output, format)}
            >
              {format}
            </Button>
          ))}
        </span>
      </header>
      <OutputBody output={output} view={view} labels={labels} picture={picture} />
    </section>
  );
}

const FORMATS = ['.npy', '.csv', '.json'] as const;

function exportOutput(output: OutputTable, format: (typeof FORMATS)[number]): void {
  const { name, dtype = 'float32', shape } = output;
  // A name may hold what no file name does: slashes of exporters above all.
  const file = `${name.replaceAll(/[^\w.-]+/gu, '_')}${format}`;
  const cells = allCells(output);
  switch (format) {
    case '.npy':
      return saveFile(file, writeNpy(dtype, { shape, cells }), 'application/octet-stream');
    case '.csv':
      return saveFile(file, toCsv(shape, cells), 'text/csv');
    case '.json':
      return saveFile(file, `${printJson(output.value)}\n`, 'application/json');
    default:
      return format satisfies never;
  }
}

const columnsOf = (shape: readonly number[]): number => Math.max(1, shape.at(-1) ?? 1);

/** The views that an output can be seen in, and the one that suits it best. */
export function useViewChoice(
  output: OutputTable,
  labels: readonly string[] | undefined,
  picture: Rgba | undefined,
): ViewChoice {
  return useMemo(() => {
    const shape = shapeToView(output.shape);
    const columns = columnsOf(shape);
    return chooseView({ ...output, shape }, output.cells.slice(0, columns).map(Number), {
      hasLabels: labels !== undefined && labels.length === columns,
      hasPicture: picture !== undefined,
    });
  }, [output, labels, picture]);
}

/** Whether a view shows more than the numbers one by one. */
export const isDrawn = (view: OutputView): boolean => view !== 'table' && view !== 'raw';

/** An output in one view. */
export function OutputBody({
  output,
  view,
  labels: classes,
  picture,
}: {
  readonly output: OutputTable;
  readonly view: OutputView;
  readonly labels: readonly string[] | undefined;
  readonly picture: Rgba | undefined;
}) {
  const { name } = output;
  const shape = shapeToView(output.shape);
  const columns = columnsOf(shape);
  const labels = classes !== undefined && classes.length >= columns ? classes : undefined;
  const needsValues = isDrawn(view);
  const values = useMemo(
    () => (needsValues ? (output.total > MAX_DRAWN ? output.cells : allCells(output)).map(Number) : []),
    [output, needsValues],
  );
  switch (view) {
    case 'bars':
      return <BarsView values={values} columns={columns} labels={labels} />;
    case 'table':
      return <TableView output={{ ...output, shape }} />;
    case 'heatmap':
      return <HeatView values={values} shape={shape} name={name} />;
    case 'image':
      return <PictureView values={values} shape={shape} name={name} />;
    case 'boxes':
      return picture ? (
        <BoxesView values={values} columns={columns} picture={picture} labels={classes} name={name} />
      ) : (
        <TableView output={output} />
      );
    case 'line':
      return <LineView values={shape.length > 1 ? values.slice(0, columns) : values} name={name} />;
    case 'raw':
      return <RawView output={output} />;
    default:
      return view satisfies never;
  }
}

function RawView({ output }: { readonly output: OutputTable }) {
  const written = useMemo(
    () => (output.total > MAX_RAW_CHARACTERS ? output.cells.join(', ') : printJson(output.value)),
    [output],
  );
  return (
    <pre className="rounded-md border border-line bg-sunken p-3 font-mono text-xs whitespace-pre-wrap">
      {written.slice(0, MAX_RAW_CHARACTERS)}
    </pre>
  );
}
