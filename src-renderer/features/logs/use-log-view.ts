import { useSearchParams } from 'wouter';
import type { LogLevel } from '#contracts/ui-logs.ts';
import { LogLevel as Level } from '#contracts/ui-logs.ts';

/** How the log is shown; it stands in the address, so that a link or a reload restores it. */
export interface LogView {
  readonly q: string;
  readonly mode: 'highlight' | 'filter';
  readonly context: number;
  readonly level: LogLevel;
  readonly component: string | undefined;
  readonly model: string | undefined;
  readonly wrap: boolean;
  readonly relative: boolean;
}

const MAX_CONTEXT = 100;

/** @param params of the address; what cannot be understood counts as left out. */
export function readLogView(params: URLSearchParams): LogView {
  const context = Number(params.get('context') ?? 0);
  const level = Level.safeParse(params.get('level'));
  return {
    q: params.get('q') ?? '',
    mode: params.get('mode') === 'filter' ? 'filter' : 'highlight',
    context: Number.isInteger(context) && context >= 0 && context <= MAX_CONTEXT ? context : 0,
    level: level.success ? level.data : 'info',
    component: params.get('component') ?? undefined,
    model: params.get('model') ?? undefined,
    wrap: params.has('wrap'),
    relative: params.has('ages'),
  };
}

/** What differs from the view that one gets without parameters. */
export function logViewParams(view: LogView): Record<string, string> {
  const { q, mode, context, level, component, model, wrap, relative } = view;
  return {
    ...(q !== '' && { q }),
    ...(mode === 'filter' && { mode }),
    ...(context !== 0 && { context: String(context) }),
    ...(level !== 'info' && { level }),
    ...(component !== undefined && { component }),
    ...(model !== undefined && { model }),
    ...(wrap && { wrap: '' }),
    ...(relative && { ages: '' }),
  };
}

export function useLogView(): readonly [LogView, (change: Partial<LogView>) => void] {
  const [params, setParams] = useSearchParams();
  const view = readLogView(params);
  return [view, (change) => setParams(logViewParams({ ...view, ...change }), { replace: true })];
}
