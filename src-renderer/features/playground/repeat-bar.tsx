import { CircleAlert, LoaderCircle, Repeat } from 'lucide-react';
import { Button } from '../../components/button.tsx';
import { formatCount } from '../../format/quantity.ts';
import { formatDuration } from '../../format/time.ts';
import type { RepeatState } from '../../stores/play-store.ts';
import { strings } from '../../strings/index.ts';
import { quantile } from '../../tensors/quantile.ts';

const words = strings.playground.repeat;

/** How a request fared that is sent, or was sent, many times. */
export function RepeatBar({ state, onCancel }: { readonly state: RepeatState; readonly onCancel: () => void }) {
  const { total, latenciesMs, failures, firstFailure, abort } = state;
  const facts = [
    [words.p50, quantile(latenciesMs, 0.5)],
    [words.p95, quantile(latenciesMs, 0.95)],
    [words.min, quantile(latenciesMs, 0)],
    [words.max, quantile(latenciesMs, 1)],
  ] as const;
  return (
    <div role="status" className="border-b border-line bg-sunken px-4 py-2 text-xs">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <span className="flex items-center gap-1.5 font-medium">
          {abort ? (
            <LoaderCircle aria-hidden size={13} className="animate-spin text-busy" />
          ) : (
            <Repeat aria-hidden size={13} className="text-muted" />
          )}
          {abort
            ? words.running(formatCount(latenciesMs.length + failures), formatCount(total))
            : words.title(formatCount(latenciesMs.length + failures))}
        </span>
        <dl className="flex flex-wrap gap-x-4">
          {facts.map(
            ([name, value]) =>
              value !== undefined && (
                <div key={name} className="flex gap-1.5">
                  <dt className="text-muted">{name}</dt>
                  <dd className="tabular-nums">{formatDuration(value)}</dd>
                </div>
              ),
          )}
        </dl>
        {abort && (
          <Button size="sm" onClick={onCancel}>
            {strings.playground.answer.cancel}
          </Button>
        )}
      </div>
      {failures > 0 && (
        <p className="mt-1 flex items-center gap-1.5 text-bad">
          <CircleAlert aria-hidden size={13} className="shrink-0" />
          <span className="min-w-0 truncate" title={firstFailure}>
            {words.failures(formatCount(failures))}: {firstFailure}
          </span>
        </p>
      )}
    </div>
  );
}
