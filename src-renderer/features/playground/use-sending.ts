import { useEffect, useEffectEvent } from 'react';
import type { ServerView } from '#contracts/ui.ts';
import { usePlay, useServices } from '../../stores/services.tsx';
import { predictUrl } from '../models/example-snippet.ts';
import { requestTo, sendRequest, sendWhenAvailable, type SendOrder } from './sending.ts';

const TIMES = 100;

export interface Sending {
  /** Address of the version that answers. */
  readonly url: string;
  readonly send: () => void;
  /** Sends it as it is now as soon as its version is available. */
  readonly sendWhenAvailable: () => void;
  /** Sends {@link Sending.times} times, one after the other. */
  readonly sendMany: () => void;
  readonly times: number;
  /** Grows with each request that the history took. */
  readonly kept: number;
}

/** How the request of a model is sent, and kept in the history. */
export function useSending({ restUrl }: ServerView, order: SendOrder): Sending {
  const services = useServices();
  const { play } = services;
  const { model, versionText, rivalText } = order;
  const kept = usePlay((state) => state.kept[model] ?? 0);
  // A version that was chosen to compare with after the answer came gets the same request now; and so does the first one,
  // since times of different moments say nothing about two versions.
  const compareAgain = useEffectEvent((body: string) => void sendRequest(services, { ...order, body }));
  useEffect(() => {
    const { sends, rivals } = play.getState();
    const main = sends[model];
    const rival = rivals[model];
    if (rivalText === '' || main?.phase !== 'answered') return;
    if (rival?.phase === 'answered' && rival.request === main.request && rival.version === rivalText) return;
    compareAgain(main.request);
  }, [play, model, rivalText]);

  return {
    url: predictUrl(restUrl, model, versionText === '' ? undefined : versionText),
    send: () => void sendRequest(services, order),
    sendWhenAvailable: () => void sendWhenAvailable(services, order),
    sendMany: () => void play.getState().repeat(model, requestTo(services, order, versionText), TIMES),
    times: TIMES,
    kept,
  };
}
