import type { TrafficHistory } from '#contracts/ui-traffic.ts';

/** One step of the charts. Times are undefined where there was no call. */
export interface TrafficStep {
  /** Its start, by the server's clock. */
  readonly atMs: number;
  readonly ok: number;
  readonly clientErrors: number;
  readonly serverErrors: number;
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
  readonly p99Ms: number | undefined;
  readonly queueMs: number | undefined;
  readonly runMs: number | undefined;
  readonly inFlight: number;
  /** Rows of the heat map with how many calls are in each, fastest first. */
  readonly cells: readonly (readonly [row: number, count: number])[];
}

/** Steps of one length, ascending; where some are missing nobody knows what happened. */
export interface TrafficSteps {
  readonly stepMs: number;
  readonly boundsMs: readonly number[];
  readonly steps: readonly TrafficStep[];
}

/** The end of the last step that is known; 0 where none is. */
export function knownUntil({ steps, stepMs }: TrafficSteps): number {
  const last = steps.at(-1);
  return last ? last.atMs + stepMs : 0;
}

/** What the server told, as steps. */
export function stepsOf(history: TrafficHistory): TrafficSteps {
  const { startMs, stepMs, boundsMs } = history;
  const cells: [number, number][][] = history.ok.map(() => []);
  for (const [step, row, count] of history.cells) cells[step]?.push([row, count]);
  const steps = history.ok.map((ok, at): TrafficStep => ({
    atMs: startMs + at * stepMs,
    ok,
    clientErrors: history.clientErrors[at] ?? 0,
    serverErrors: history.serverErrors[at] ?? 0,
    p50Ms: history.p50Ms[at] ?? undefined,
    p95Ms: history.p95Ms[at] ?? undefined,
    p99Ms: history.p99Ms[at] ?? undefined,
    queueMs: history.queueMs[at] ?? undefined,
    runMs: history.runMs[at] ?? undefined,
    inFlight: history.inFlight[at] ?? 0,
    cells: cells[at] ?? [],
  }));
  return { stepMs, boundsMs, steps };
}

/** Adds newer steps; what is before `fromMs` is left out. Steps of another length replace all. */
export function addSteps(before: TrafficSteps | undefined, added: TrafficSteps, fromMs: number): TrafficSteps {
  if (before?.stepMs !== added.stepMs) return added;
  const first = added.steps[0]?.atMs ?? Infinity;
  const steps = [...before.steps.filter(({ atMs }) => atMs < first), ...added.steps];
  return { ...added, steps: steps.filter(({ atMs }) => atMs >= fromMs) };
}

/** With an empty place where steps are missing, so that no line is drawn across. */
export function withGaps({ steps, stepMs }: TrafficSteps): readonly (TrafficStep | { readonly atMs: number })[] {
  return steps.flatMap((step, index) => {
    const before = steps[index - 1];
    return before && step.atMs - before.atMs > stepMs ? [{ atMs: before.atMs + stepMs }, step] : [step];
  });
}
