import { Trash2 } from 'lucide-react';
import type { LoadTestReport } from '#contracts/ui-traffic.ts';
import { IconButton } from '../../components/button.tsx';
import { Ago } from '../../components/time.tsx';
import { formatCount } from '../../format/quantity.ts';
import { formatDuration } from '../../format/time.ts';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { failedOf, LoadTestState, perSecondOf, rateText } from './load-test-result.tsx';

const text = strings.traffic;

/** The tests of before, to be compared by their numbers. */
export function LoadTestReports({
  reports,
  opened,
  onOpen,
  onDeleted,
}: {
  readonly reports: readonly LoadTestReport[];
  readonly opened: string | undefined;
  readonly onOpen: (id: string) => void;
  readonly onDeleted: () => void;
}) {
  const { commands, toasts } = useServices();
  const connected = useConnected();
  const remove = (id: string): void =>
    void commands.run('deleteLoadTest', { id }).then(onDeleted, (error: unknown) => {
      toasts.getState().show({ tone: 'bad', message: errorText(error) });
    });
  return (
    <section aria-labelledby="load-test-reports" className="flex flex-col gap-2 border-t border-line pt-4">
      <h3 id="load-test-reports" className="text-sm font-semibold">
        {text.reports}
      </h3>
      {reports.length === 0 ? (
        <p className="text-sm text-muted">{text.noReports}</p>
      ) : (
        <div className="overflow-x-auto">
          <table className="w-full text-xs whitespace-nowrap">
            <thead>
              <tr className="text-2xs text-faint">
                {[
                  text.model,
                  text.outcome,
                  text.concurrency,
                  text.answersPerSecond,
                  text.failed,
                  text.p50,
                  text.p95,
                  text.p99,
                  text.time,
                ].map((name, index) => (
                  <th
                    key={name}
                    scope="col"
                    className={`px-2 py-1 font-medium first:ps-0 ${index >= 2 && index <= 7 ? 'text-end' : 'text-start'}`}
                  >
                    {name}
                  </th>
                ))}
                <th scope="col">
                  <span className="sr-only">{text.deleteReport}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {reports.map((report) => {
                const { id, plan, counts, state, startedMs } = report;
                const failed = failedOf(counts);
                const title = text.reportTitle(plan.model, plan.version ?? '');
                return (
                  <tr key={id} className="border-t border-line" data-opened={id === opened || undefined}>
                    <th scope="row" className="max-w-40 py-1 pe-2 text-start font-medium">
                      <button
                        type="button"
                        aria-current={id === opened ? 'true' : undefined}
                        onClick={() => onOpen(id)}
                        className="block max-w-full truncate rounded-sm text-accent underline-offset-2 hover:underline aria-[current=true]:text-ink"
                      >
                        {title}
                      </button>
                    </th>
                    <td className="px-2">
                      <LoadTestState state={state} counts={counts} />
                    </td>
                    <td className="px-2 text-end">{formatCount(plan.concurrency)}</td>
                    <td className="px-2 text-end">{rateText(perSecondOf(counts))}</td>
                    <td className={`px-2 text-end ${failed > 0 ? 'text-bad' : ''}`}>{formatCount(failed)}</td>
                    <td className="px-2 text-end">{formatDuration(counts.p50Ms)}</td>
                    <td className="px-2 text-end">{formatDuration(counts.p95Ms)}</td>
                    <td className="px-2 text-end">{formatDuration(counts.p99Ms)}</td>
                    <td className="px-2 text-muted">
                      <Ago atMs={startedMs} />
                    </td>
                    <td className="text-end">
                      <IconButton
                        icon={Trash2}
                        label={`${text.deleteReport}: ${title}`}
                        disabled={!connected || state === 'running'}
                        onClick={() => remove(id)}
                      />
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
