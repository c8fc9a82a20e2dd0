import { CircleAlert, TriangleAlert } from 'lucide-react';
import { memo } from 'react';
import { Sparkline } from '../../components/sparkline.tsx';
import { formatCount } from '../../format/quantity.ts';
import { formatDuration } from '../../format/time.ts';
import { useServer } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { requestRate, trafficOf } from './model-facts.ts';

const words = strings.models.traffic;

/** Rates below ten with one digit: `0.2` is not `0`. */
const rateText = (rate: number): string => (rate > 0 && rate < 9.95 ? rate.toFixed(1) : formatCount(Math.round(rate)));

/** Two cells: requests over the last minute and how many a second, and how long they took. Empty without any. */
export const TrafficCells = memo(function TrafficCells({ name }: { readonly name: string }) {
  const traffic = useServer((state) => trafficOf(state.boards.traffic, name));
  if (!traffic) {
    return (
      <>
        <div role="gridcell" className="model-requests">
          <span className="sr-only">{words.none}</span>
        </div>
        <div role="gridcell" className="model-p95">
          <span className="sr-only">{words.none}</span>
        </div>
      </>
    );
  }
  const { perSecond, p95Ms, clientErrors, serverErrors } = traffic;
  const rate = rateText(requestRate(traffic));
  const peak = formatCount(perSecond.reduce((most, count) => Math.max(most, count), 0));
  const failures =
    serverErrors > 0 ? words.serverErrors(formatCount(serverErrors)) : words.clientErrors(formatCount(clientErrors));
  const Warning = serverErrors > 0 ? CircleAlert : TriangleAlert;
  return (
    <>
      <div role="gridcell" className="model-requests">
        {(serverErrors > 0 || clientErrors > 0) && (
          <span title={failures} className={serverErrors > 0 ? 'text-bad' : 'text-warn'}>
            <Warning aria-hidden size={13} />
            <span className="sr-only">{failures}</span>
          </span>
        )}
        <span className="model-spark">
          <Sparkline label={words.shape(rate, peak)} values={perSecond} width={64} />
        </span>
        <span className="model-rate" title={words.perSecond(rate)}>
          {rate}
        </span>
      </div>
      <div role="gridcell" className="model-p95" title={words.p95(formatDuration(p95Ms))}>
        {formatDuration(p95Ms)}
      </div>
    </>
  );
});
