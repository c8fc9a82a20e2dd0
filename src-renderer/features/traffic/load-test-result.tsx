import { CircleAlert, CircleCheck, CircleStop, FileDown, Loader, Octagon, Plus, TriangleAlert } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import type { LoadTestCounts, LoadTestReport } from '#contracts/ui-traffic.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import type { Tone } from '../../components/notice.tsx';
import { Notice } from '../../components/notice.tsx';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { Sparkline } from '../../components/sparkline.tsx';
import { formatBytes, formatCount } from '../../format/quantity.ts';
import { formatAbsolute, formatCountdown, formatDuration } from '../../format/time.ts';
import { saveFile } from '../../save-file.ts';
import { errorText } from '../../stores/commands.ts';
import { useBoard, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';

const text = strings.traffic;

/** What is told of a test; that all calls of one that is done were answered well is not to be taken for granted. */
type Outcome = LoadTestReport['state'] | 'doneWithFailures';

const LOOK: Readonly<Record<Outcome, { readonly tone: Tone; readonly icon: LucideIcon }>> = {
  running: { tone: 'busy', icon: Loader },
  done: { tone: 'ok', icon: CircleCheck },
  doneWithFailures: { tone: 'warn', icon: TriangleAlert },
  stopped: { tone: 'idle', icon: CircleStop },
  failed: { tone: 'bad', icon: CircleAlert },
};

export const failedOf = ({ clientErrors, serverErrors, unanswered }: LoadTestCounts): number =>
  clientErrors + serverErrors + unanswered;
const answersOf = ({ ok, clientErrors, serverErrors }: LoadTestCounts): number => ok + clientErrors + serverErrors;
export const perSecondOf = (counts: LoadTestCounts): number =>
  counts.elapsedMs === 0 ? 0 : (answersOf(counts) * 1000) / counts.elapsedMs;
/** `8.4`, `1,204`. */
export const rateText = (perSecond: number): string =>
  perSecond < 100 ? String(Number(perSecond.toFixed(1))) : formatCount(Math.round(perSecond));

/** The state of a test in a word or two. */
export function LoadTestState({ state, counts }: Pick<LoadTestReport, 'state' | 'counts'>) {
  const outcome: Outcome = state === 'done' && failedOf(counts) > 0 ? 'doneWithFailures' : state;
  const { tone, icon } = LOOK[outcome];
  return (
    <Badge tone={tone} icon={icon} isSpinning={state === 'running'}>
      {text.states[outcome]}
    </Badge>
  );
}

/** What the callers see or saw: live while the test runs. */
export function LoadTestResult({ report, onNew }: { readonly report: LoadTestReport; readonly onNew: () => void }) {
  const { plan, counts, state } = report;
  const offsetMs = useServer((server) => server.clockOffsetMs);
  const failed = failedOf(counts);
  return (
    <section aria-label={text.reportTitle(plan.model, plan.version ?? '')} className="flex flex-col gap-4">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h3 className="text-md font-semibold">{text.reportTitle(plan.model, plan.version ?? '')}</h3>
        <LoadTestState state={state} counts={counts} />
        <span className="flex-1" />
        {state === 'running' ? <StopButton report={report} /> : <Done report={report} onNew={onNew} />}
      </header>
      <p className="text-xs text-muted">
        {[
          text.callers(formatCount(plan.concurrency)),
          formatCountdown(plan.durationMs),
          formatBytes(report.bodyBytes),
          formatAbsolute(report.startedMs - offsetMs).slice(0, 19),
        ].join(' · ')}
      </p>
      {state === 'running' && (
        <ProgressBar
          label={text.loadTest}
          labelHidden
          fraction={Math.min(1, counts.elapsedMs / plan.durationMs)}
          valueText={formatDuration(counts.elapsedMs)}
        />
      )}
      {report.problem !== undefined && <Notice tone="bad" icon={CircleAlert} title={report.problem} />}
      <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border border-line bg-line sm:grid-cols-5">
        <Figure name={text.answersPerSecond} value={rateText(perSecondOf(counts))} />
        <Figure name={text.p50} value={formatDuration(counts.p50Ms)} />
        <Figure name={text.p95} value={formatDuration(counts.p95Ms)} />
        <Figure name={text.p99} value={formatDuration(counts.p99Ms)} />
        <Figure name={text.failed} value={formatCount(failed)} tone={failed > 0 ? 'text-bad' : ''} />
      </dl>
      {counts.firstError !== undefined && (
        <Notice tone="bad" icon={CircleAlert} title={text.firstError}>
          <p className="font-mono text-xs wrap-anywhere">{counts.firstError}</p>
          {counts.unanswered > 0 && (
            <p className="text-xs text-muted">{text.unanswered(formatCount(counts.unanswered))}</p>
          )}
        </Notice>
      )}
      <Histogram counts={counts} />
      <div className="flex flex-wrap items-end gap-x-8 gap-y-3">
        <dl className="grid grid-cols-[auto_auto] gap-x-4 gap-y-1 text-xs">
          <SmallFact name={text.answers} value={formatCount(answersOf(counts))} />
          <SmallFact name={text.fastest} value={formatDuration(counts.minMs)} />
          <SmallFact name={text.mean} value={formatDuration(counts.meanMs)} />
          <SmallFact name={text.slowest} value={formatDuration(counts.maxMs)} />
        </dl>
        {counts.perSecond.length > 1 && (
          <figure className="flex flex-col gap-1">
            <figcaption className="text-xs text-muted">{text.overTime}</figcaption>
            <Sparkline label={text.overTime} values={counts.perSecond} width={280} height={44} />
          </figure>
        )}
      </div>
    </section>
  );
}

function Figure({ name, value, tone = '' }: { readonly name: string; readonly value: string; readonly tone?: string }) {
  return (
    <div className="flex flex-col-reverse justify-end bg-surface px-3 py-2">
      <dt className="text-xs text-muted">{name}</dt>
      <dd className={`text-lg font-semibold tracking-tight ${tone}`}>{value}</dd>
    </div>
  );
}

function SmallFact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="text-end">{value}</dd>
    </>
  );
}

/** How many answers took how long. Bars for the eye, a table for everybody else. */
function Histogram({ counts: { latency, boundsMs } }: { readonly counts: LoadTestCounts }) {
  const first = latency.findIndex((count) => count > 0);
  const last = latency.findLastIndex((count) => count > 0);
  const most = Math.max(1, ...latency);
  const rows = latency
    .map((count, row) => ({ row, count, upTo: boundsMs[row] ?? boundsMs.at(-1) ?? 0 }))
    .slice(Math.max(0, first - 1), last === -1 ? 0 : last + 2);
  return (
    <figure className="flex flex-col gap-1" aria-label={text.distribution}>
      <figcaption className="text-xs font-medium text-muted">{text.distribution}</figcaption>
      <div aria-hidden dir="ltr" className="flex h-28 items-end gap-px border-b border-line-strong">
        {rows.map(({ row, count, upTo }) => (
          <div
            key={row}
            title={`${text.upTo} ${formatDuration(upTo)}: ${formatCount(count)}`}
            className="flex h-full min-w-1 flex-1 items-end hover:bg-hover"
          >
            <div
              className="w-full forced-color-adjust-none rounded-t-xs bg-accent"
              style={{ height: count === 0 ? 0 : `max(2px, ${(count / most) * 100}%)` }}
            />
          </div>
        ))}
      </div>
      <div aria-hidden dir="ltr" className="flex gap-px text-2xs text-faint">
        {rows.map(({ row, upTo }, index) => (
          <span key={row} className="relative h-4 min-w-1 flex-1">
            {index % 4 === 0 && <span className="absolute start-0 whitespace-nowrap">{formatDuration(upTo)}</span>}
          </span>
        ))}
      </div>
      <details className="text-xs">
        <summary className="w-fit rounded-sm text-xs text-muted">
          {strings.components.chartAsTable(text.distribution)}
        </summary>
        <table className="mt-1">
          <thead>
            <tr className="text-faint">
              <th scope="col" className="pe-6 text-start font-medium">
                {text.upTo}
              </th>
              <th scope="col" className="text-end font-medium">
                {text.count}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ row, count, upTo }) => (
              <tr key={row}>
                <th scope="row" className="pe-6 text-start font-normal">
                  {formatDuration(upTo)}
                </th>
                <td className="text-end">{formatCount(count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

/** Stops it at once: nothing is sent any more, and what is in flight is cut off. */
function StopButton({ report }: { readonly report: LoadTestReport }) {
  const { commands, toasts } = useServices();
  const task = useBoard('tasks')?.find(({ kind, state }) => kind === 'loadTest' && state === 'running');
  const stop = (id: string): void =>
    void commands.run('cancelTask', { id }).catch((error: unknown) => {
      toasts.getState().show({ tone: 'bad', message: errorText(error) });
    });
  const isStopping = task !== undefined && !task.cancellable;
  return (
    <Button
      variant="danger"
      icon={Octagon}
      disabled={!task?.cancellable}
      aria-label={`${text.stop}: ${report.plan.model}`}
      onClick={() => task && stop(task.id)}
    >
      {isStopping ? text.stopping : text.stop}
    </Button>
  );
}

function Done({ report, onNew }: { readonly report: LoadTestReport; readonly onNew: () => void }) {
  const { plan, id } = report;
  return (
    <>
      <Button
        icon={FileDown}
        onClick={() =>
          saveFile(text.reportFile(plan.model, id), `${JSON.stringify(report, undefined, 2)}\n`, 'application/json')
        }
      >
        {text.saveReport}
      </Button>
      <Button icon={Plus} onClick={onNew}>
        {text.newTest}
      </Button>
    </>
  );
}
