import { CircleCheck, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMemo, useState } from 'react';
import type { ModelSignature } from '#contracts/signature.ts';
import { Notice } from '../../components/notice.tsx';
import { ScrollArea } from '../../components/scroll-area.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { formatCount, formatShape } from '../../format/quantity.ts';
import { formatDuration } from '../../format/time.ts';
import type { Answer, SendState } from '../../stores/play-store.ts';
import { strings } from '../../strings/index.ts';
import type { Rgba } from '../../tensors/image-frame.ts';
import type { OutputTable } from '../../tensors/response.ts';
import { readResponse } from '../../tensors/response.ts';
import type { TensorDiff } from '../../tensors/tensor-diff.ts';
import { diffTensors } from '../../tensors/tensor-diff.ts';
import { isDrawn, OutputBody, useViewChoice } from './output-card.tsx';
import { indexText } from './output-table.tsx';
import { AnswerFacts } from './response-panel.tsx';

const words = strings.playground.compare;

/** The answers of two versions to one request, cell by cell. */
export function ComparePanel({
  left,
  right,
  rightVersion,
  signature,
  labels,
  picture,
}: {
  readonly left: Answer;
  readonly right: SendState | undefined;
  readonly rightVersion: string;
  readonly signature: ModelSignature;
  readonly labels: readonly string[] | undefined;
  /** The picture among the inputs of the request. */
  readonly picture: Rgba | undefined;
}) {
  const rival = right?.phase === 'answered' && right.request === left.request ? right : undefined;
  const outputs = useMemo(() => (rival ? pairOutputs(left, rival, signature) : []), [left, rival, signature]);
  if (!rival) {
    return right?.phase === 'failed' ? (
      <div className="p-4">
        <Notice tone="warn" icon={TriangleAlert} title={words.failed(rightVersion)}>
          {right.message}
        </Notice>
      </div>
    ) : null;
  }
  return (
    <section aria-label={words.title} className="flex min-h-0 flex-1 flex-col">
      <div className="grid grid-cols-2 border-b border-line text-xs">
        {[left, rival].map((answer, side) => (
          <div
            key={side === 0 ? 'left' : 'right'}
            className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 even:border-s even:border-line"
          >
            <AnswerFacts answer={answer} />
          </div>
        ))}
        <p className="col-span-2 border-t border-line bg-sunken px-4 py-1.5 text-muted">
          <span className="font-medium">{words.latency}</span>: {latencyText(left, rival)}
        </p>
      </div>
      <ScrollArea label={words.title} className="min-h-0 flex-1 p-4">
        <div className="flex flex-col gap-6">
          {outputs.map(({ name, left: a, right: b }) => (
            <OutputDiff
              key={name}
              name={name}
              left={a}
              right={b}
              names={[versionOf(left), versionOf(rival)]}
              labels={labels}
              picture={picture}
            />
          ))}
        </div>
      </ScrollArea>
    </section>
  );
}

const versionOf = ({ version }: Answer): string => (version === undefined ? '?' : `v${version}`);

function latencyText(left: Answer, right: Answer): string {
  const apart = right.latencyMs - left.latencyMs;
  const share = Math.abs(apart) / Math.max(0.01, Math.min(left.latencyMs, right.latencyMs));
  if (share < 0.02) return words.bothEqual;
  const slower = apart > 0 ? right : left;
  return words.slower(slower.version ?? '?', `${formatDuration(Math.abs(apart))} (${percent(share)})`);
}

interface OutputPair {
  readonly name: string;
  readonly left: OutputTable | undefined;
  readonly right: OutputTable | undefined;
}

function pairOutputs(left: Answer, right: Answer, signature: ModelSignature): readonly OutputPair[] {
  const read = (answer: Answer): readonly OutputTable[] => {
    const reading = readResponse(answer.body, signature);
    return reading.kind === 'outputs' ? reading.outputs : [];
  };
  const [a, b] = [read(left), read(right)];
  const names = new Set([...a, ...b].map(({ name }) => name));
  const named = (tables: readonly OutputTable[], name: string): OutputTable | undefined =>
    tables.find((table) => table.name === name);
  return [...names].map((name) => ({ name, left: named(a, name), right: named(b, name) }));
}

interface OutputDiffProps extends OutputPair {
  readonly names: readonly [string, string];
  readonly labels: readonly string[] | undefined;
  readonly picture: Rgba | undefined;
}

function OutputDiff({ name, left, right, ...rest }: OutputDiffProps) {
  return (
    <section aria-label={strings.playground.answer.outputName(name)} className="@container">
      {left && right ? (
        <BothOutputs {...rest} name={name} left={left} right={right} />
      ) : (
        <>
          <OutputTitle name={name} output={left ?? right} />
          <p className="text-xs text-muted">{words.missing}</p>
        </>
      )}
    </section>
  );
}

function OutputTitle({
  name,
  output,
  children,
}: {
  readonly name: string;
  readonly output: OutputTable | undefined;
  readonly children?: ReactNode;
}) {
  return (
    <header className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1">
      <h2 className="font-mono text-sm font-semibold break-all">{name}</h2>
      {output && (
        <span className="font-mono text-xs text-muted">
          {output.dtype} {formatShape(output.shape)}
        </span>
      )}
      <span className="ms-auto flex flex-wrap items-center gap-2">{children}</span>
    </header>
  );
}

/** More values than this are listed by how much they differ. */
const MAX_IN_ORDER = 24;

function BothOutputs({
  name,
  left,
  right,
  names,
  labels,
  picture,
}: OutputDiffProps & { readonly left: OutputTable; readonly right: OutputTable }) {
  const diff = useMemo(() => diffTensors(left, right), [left, right]);
  const { guess } = useViewChoice(left, labels, picture);
  const [shown, setShown] = useState<'views' | 'values'>(isDrawn(guess) ? 'views' : 'values');
  const [order, setOrder] = useState<'index' | 'difference'>(left.total > MAX_IN_ORDER ? 'difference' : 'index');
  const showsViews = isDrawn(guess) && shown === 'views';
  return (
    <>
      <OutputTitle name={name} output={left}>
        {!showsViews && diff.kind === 'cells' && diff.different > 0 && (
          <Segmented
            label={words.order}
            selected={order}
            onSelect={setOrder}
            segments={[
              { key: 'index', label: words.inOrder },
              { key: 'difference', label: words.differing },
            ]}
          />
        )}
        {isDrawn(guess) && (
          <Segmented
            label={words.showAs(name)}
            selected={shown}
            onSelect={setShown}
            segments={[
              { key: 'views', label: words.sideBySide },
              { key: 'values', label: words.values },
            ]}
          />
        )}
      </OutputTitle>
      {diff.kind === 'shapes' ? (
        <p className="mb-2 text-xs text-warn">{words.shapes(formatShape(left.shape), formatShape(right.shape))}</p>
      ) : (
        <DiffSummary diff={diff} />
      )}
      {showsViews ? (
        <div className="grid gap-x-5 gap-y-4 @md:grid-cols-2">
          {[left, right].map((output, side) => (
            <section
              key={side === 0 ? 'left' : 'right'}
              aria-label={`${name}, ${names[side] ?? ''}`}
              className="min-w-0"
            >
              <h3 className="mb-1.5 font-mono text-xs text-muted">{names[side]}</h3>
              <OutputBody output={output} view={guess} labels={labels} picture={picture} />
            </section>
          ))}
        </div>
      ) : (
        diff.kind === 'cells' && (
          <>
            {left.total > left.cells.length && (
              <p className="mb-2 text-xs text-faint">{words.onlyFirst(formatCount(left.cells.length))}</p>
            )}
            <DiffTable diff={diff} left={left} right={right} names={names} byDifference={order === 'difference'} />
          </>
        )
      )}
    </>
  );
}

type CellsDiff = Extract<TensorDiff, { kind: 'cells' }>;

function DiffSummary({ diff }: { readonly diff: CellsDiff }) {
  if (diff.different === 0) {
    return (
      <p className="mb-2 flex items-center gap-1.5 text-xs font-medium text-ok">
        <CircleCheck aria-hidden size={13} />
        {words.same}
      </p>
    );
  }
  const facts = [
    [words.maxAbsolute, short(diff.maxAbsolute)],
    [words.meanAbsolute, short(diff.meanAbsolute)],
    [words.maxRelative, percent(diff.maxRelative)],
  ] as const;
  return (
    <div className="mb-2 flex flex-wrap items-center gap-x-4 gap-y-1 text-xs">
      <span className="flex items-center gap-1.5 font-medium text-warn">
        <TriangleAlert aria-hidden size={13} />
        {words.different(formatCount(diff.different), formatCount(diff.cells.length))}
      </span>
      <dl className="flex flex-wrap gap-x-4">
        {facts.map(([name, value]) => (
          <div key={name} className="flex gap-1.5">
            <dt className="text-muted">{name}</dt>
            <dd className="font-mono">{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function DiffTable({
  diff,
  left,
  right,
  names,
  byDifference,
}: {
  readonly diff: CellsDiff;
  readonly left: OutputTable;
  readonly right: OutputTable;
  readonly names: readonly [string, string];
  readonly byDifference: boolean;
}) {
  const rows = useMemo(() => {
    const all = diff.cells.map((cell, index) => ({ ...cell, index }));
    if (!byDifference) return all;
    const weight = ({ same, absolute }: (typeof all)[number]): number =>
      same ? -1 : (absolute ?? Number.POSITIVE_INFINITY);
    return all.toSorted((a, b) => weight(b) - weight(a) || a.index - b.index);
  }, [diff, byDifference]);
  const head = 'border-b border-line px-2.5 text-end text-2xs font-normal text-faint';
  return (
    <div className="overflow-x-auto">
      <table className="text-xs">
        <thead>
          <tr>
            <th scope="col" className={head}>
              {words.index}
            </th>
            <th scope="col" className={head}>
              {names[0]}
            </th>
            <th scope="col" className={head}>
              {names[1]}
            </th>
            <th scope="col" className={head}>
              {words.absolute}
            </th>
            <th scope="col" className={head}>
              {words.relative}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ index, same, absolute, relative }) => (
            <tr key={index} className={`hover:bg-hover ${same ? 'text-muted' : ''}`}>
              <th scope="row" className="pe-3 text-end font-mono text-2xs font-normal text-faint">
                {indexText(index, left.shape)}
              </th>
              <td className="px-2.5 py-0.5 text-end font-mono">{left.cells[index]}</td>
              <td className="px-2.5 py-0.5 text-end font-mono">{right.cells[index]}</td>
              <td className={`px-2.5 py-0.5 text-end font-mono ${same ? '' : 'font-semibold text-warn'}`}>
                {same ? '=' : absolute === undefined ? '≠' : short(absolute)}
              </td>
              <td className="px-2.5 py-0.5 text-end font-mono">
                {same || relative === undefined ? '' : percent(relative)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const short = (value: number): string => String(Number(value.toPrecision(4)));

/** `12.5 %`; `3.75e+18 %` against next to nothing, `∞` against zero. */
function percent(share: number): string {
  if (!Number.isFinite(share)) return '∞';
  const value = share * 100;
  return `${value < 1e6 ? Number(value.toPrecision(3)) : value.toExponential(2)} %`;
}
