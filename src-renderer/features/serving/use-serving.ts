import { useState } from 'react';
import type { ExposedAddress, Exposure, ServingView } from '#contracts/ui-serving.ts';
import { plural } from '../../format/quantity.ts';
import { errorText } from '../../stores/commands.ts';
import type { Services } from '../../stores/services.tsx';
import { useServer } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';

/** Requests that models are answering now. */
export function useInFlight(): number {
  return useServer((state) => state.totals.inFlight);
}

/** What is left while the endpoints drain, and how much of it is done, as far as this page has seen. */
export interface DrainProgress {
  readonly left: number;
  readonly fraction: number | undefined;
}

/** Undefined while nothing drains. */
export function useDrainProgress(): DrainProgress | undefined {
  const serving = useServer((state) => state.server?.serving);
  const left = useInFlight();
  const [most, setMost] = useState({ sinceMs: 0, count: 0 });
  if (serving?.state !== 'draining') return undefined;
  const { sinceMs } = serving;
  const count = most.sinceMs === sinceMs ? Math.max(most.count, left) : left;
  if (most.sinceMs !== sinceMs || most.count !== count) setMost({ sinceMs, count });
  return { left, fraction: count === 0 ? undefined : (count - left) / count };
}

/** The state of the switch in a few words; while it drains, how much is left. */
export function servingText({ state }: Pick<ServingView, 'state'>, drain: DrainProgress | undefined): string {
  const words = strings.serving;
  return state === 'draining' && drain !== undefined && drain.left > 0
    ? words.finishing(plural(drain.left, words.request))
    : words.states[state];
}

/** Where others can call right now; undefined while only this computer can. */
export function useOpenExposure(): (Exposure & { readonly open: readonly ExposedAddress[] }) | undefined {
  const serving = useServer((state) => state.server?.serving);
  if (!serving?.exposure || (serving.state !== 'running' && serving.state !== 'draining')) return undefined;
  const open = serving.exposure.addresses.filter(({ restUrl, grpcAddress }) => restUrl ?? grpcAddress);
  return open.length === 0 ? undefined : { ...serving.exposure, open };
}

/** What is not open because its network is another one than it was chosen in; undefined where there is nothing. */
export function usePausedExposure(): (Exposure & { readonly paused: readonly ExposedAddress[] }) | undefined {
  const serving = useServer((state) => state.server?.serving);
  if (!serving?.exposure || serving.state !== 'running') return undefined;
  const paused = serving.exposure.addresses.filter(({ isOtherNetwork }) => isOtherNetwork);
  return paused.length === 0 ? undefined : { ...serving.exposure, paused };
}

/** Opens the endpoints. Why that failed is in the event stream; only what is not there is told here. */
export function startServing({ commands, toasts, server }: Pick<Services, 'commands' | 'toasts' | 'server'>): void {
  commands.run('startServing', {}).catch((error: unknown) => {
    if (server.getState().server?.serving.state === 'failed') return;
    toasts.getState().show({ tone: 'bad', message: errorText(error) });
  });
}

/** Closes them when what is in flight is answered. */
export function stopServing({ commands, toasts }: Pick<Services, 'commands' | 'toasts'>): void {
  commands.run('stopServing', {}).catch((error: unknown) => {
    toasts.getState().show({ tone: 'bad', message: errorText(error) });
  });
}
