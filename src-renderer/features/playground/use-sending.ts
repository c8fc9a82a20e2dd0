import { useEffect, useState } from 'react';
import type { ServableName } from '#contracts/ids.ts';
import { ServableVersion } from '#contracts/ids.ts';
import type { ServerView } from '#contracts/ui.ts';
import type { Answer } from '../../stores/play-store.ts';
import { useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { predictUrl } from '../models/example-snippet.ts';

const TIMES = 100;

export interface Sending {
  /** Address of the version that answers. */
  readonly url: string;
  /** Sends to the version and then, where one is compared with, to that: never both at once, so that neither slows the other. */
  readonly send: () => void;
  /** Sends {@link Sending.times} times, one after the other. */
  readonly sendMany: () => void;
  readonly times: number;
  /** Grows with each request that the history took. */
  readonly kept: number;
}

/** How the request of a model is sent, and kept in the history. */
export function useSending(
  server: ServerView,
  model: ServableName,
  { versionText, rivalText, body }: { readonly versionText: string; readonly rivalText: string; readonly body: string },
): Sending {
  const { play, commands, toasts } = useServices();
  const [kept, setKept] = useState(0);
  const url = predictUrl(server.restUrl, model, versionText === '' ? undefined : versionText);
  const { modelVersionHeader: versionHeader } = server;

  const keep = async (answer: Answer): Promise<void> => {
    const version = ServableVersion.safeParse(answer.version).data;
    // What is too large is not kept by the server either, and would not reach it.
    const small = (text: string): string | undefined => (text.length > MAX_KEPT_CHARACTERS ? undefined : text);
    const [request, response] = [small(answer.request), small(answer.body)];
    try {
      await commands.run('addPlayHistory', {
        model,
        atMs: answer.atMs,
        status: answer.status,
        latencyMs: answer.latencyMs,
        requestBytes: new Blob([answer.request]).size,
        responseBytes: answer.sizeBytes,
        ...(version === undefined ? {} : { version }),
        ...(request === undefined ? {} : { request }),
        ...(response === undefined ? {} : { response }),
      });
      setKept((count) => count + 1);
    } catch {
      toasts.getState().show({ tone: 'bad', message: strings.playground.history.notKept });
    }
  };
  const send = async (): Promise<void> => {
    const answer = await play.getState().send(model, { url, body, versionHeader });
    if (!answer) return;
    await keep(answer);
    if (rivalText === '') return;
    const rivalUrl = predictUrl(server.restUrl, model, rivalText);
    await play.getState().send(model, { url: rivalUrl, body, versionHeader }, 'rival');
  };
  // A version that was chosen to compare with after the answer came gets the same request now.
  useEffect(() => {
    const { sends, rivals } = play.getState();
    const main = sends[model];
    const rival = rivals[model];
    if (rivalText === '' || main?.phase !== 'answered') return;
    if (rival?.phase === 'answered' && rival.request === main.request && rival.version === rivalText) return;
    const rivalUrl = predictUrl(server.restUrl, model, rivalText);
    void play.getState().send(model, { url: rivalUrl, body: main.request, versionHeader }, 'rival');
  }, [play, model, rivalText, server.restUrl, versionHeader]);

  return {
    url,
    send: () => void send(),
    sendMany: () => void play.getState().repeat(model, { url, body, versionHeader }, TIMES),
    times: TIMES,
    kept,
  };
}

/** Both bodies together stay below what a command may carry, escapes included. */
const MAX_KEPT_CHARACTERS = 220_000;
