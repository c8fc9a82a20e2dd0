import { useSearchParams } from 'wouter';
import type { RequestFilter } from '#contracts/ui-traffic.ts';

/** Minutes that the charts show. */
export const WINDOWS = ['1', '5', '15'] as const;
export type TrafficWindow = (typeof WINDOWS)[number];
export const OUTCOMES = ['', 'ok', 'error', 'clientError', 'serverError'] as const;
export type OutcomeChoice = (typeof OUTCOMES)[number];

/** What the screen shows; it stands in the address, so that a link or a reload restores it. */
export interface TrafficView {
  readonly window: TrafficWindow;
  readonly model: string | undefined;
  readonly outcome: OutcomeChoice;
  readonly q: string;
  /** The time that was marked in a chart, by the server's clock. */
  readonly range: { readonly fromMs: number; readonly toMs: number } | undefined;
  /** The load test that is open: `new`, or the id of a report. */
  readonly test: string | undefined;
}

/** @param params of the address; what cannot be understood counts as left out. */
function readTrafficView(params: URLSearchParams): TrafficView {
  const fromMs = Number(params.get('from') ?? Number.NaN);
  const toMs = Number(params.get('to') ?? Number.NaN);
  return {
    window: WINDOWS.find((each) => each === params.get('window')) ?? '5',
    model: params.get('model') ?? undefined,
    outcome: OUTCOMES.find((each) => each === params.get('status')) ?? '',
    q: params.get('q')?.slice(0, 200) ?? '',
    range: fromMs >= 0 && toMs > fromMs ? { fromMs, toMs } : undefined,
    test: params.get('test') ?? undefined,
  };
}

/** What differs from the view that one gets without parameters. */
export function trafficViewParams({ window, model, outcome, q, range, test }: TrafficView): Record<string, string> {
  return {
    ...(window !== '5' && { window }),
    ...(model !== undefined && { model }),
    ...(outcome !== '' && { status: outcome }),
    ...(q !== '' && { q }),
    ...(range && { from: String(Math.round(range.fromMs)), to: String(Math.round(range.toMs)) }),
    ...(test !== undefined && { test }),
  };
}

/** The filter that the server is asked with. */
export function requestFilter({ model, outcome, q, range }: TrafficView): RequestFilter {
  return {
    ...(model !== undefined && { model }),
    ...(outcome !== '' && { outcome }),
    ...(q.trim() !== '' && { text: q.trim() }),
    ...(range && { fromMs: Math.round(range.fromMs), toMs: Math.round(range.toMs) }),
  };
}

export function useTrafficView(): readonly [TrafficView, (change: Partial<TrafficView>) => void] {
  const [params, setParams] = useSearchParams();
  const view = readTrafficView(params);
  return [view, (change) => setParams(trafficViewParams({ ...view, ...change }), { replace: true })];
}
