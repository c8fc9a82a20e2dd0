import type { ServableName } from '#contracts/ids.ts';
import { ServableVersion } from '#contracts/ids.ts';
import { PLAY_LIMITS } from '#contracts/ui-play.ts';
import type { Answer, PlayRequest } from '../../stores/play-store.ts';
import type { Services } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { predictUrl } from '../models/example-snippet.ts';
import { awaitVersion } from './await-version.ts';

/** What sending needs; none of it is a screen's, so that a request goes on when the user looks elsewhere. */
export type SendingPorts = Pick<Services, 'play' | 'commands' | 'toasts' | 'server'>;

export interface SendOrder {
  readonly model: ServableName;
  /** Empty for whichever answers by default. */
  readonly versionText: string;
  /** The version that is compared with; empty for none. */
  readonly rivalText: string;
  readonly body: string;
}

/** How a request is sent to one version. */
export function requestTo({ server }: Pick<Services, 'server'>, order: SendOrder, version: string): PlayRequest {
  const { restUrl = '', modelVersionHeader = '' } = server.getState().server ?? {};
  return {
    url: predictUrl(restUrl, order.model, version === '' ? undefined : version),
    body: order.body,
    versionHeader: modelVersionHeader,
  };
}

/**
 * Sends to the version and then, where one is compared with, to that: never both at once, so that neither slows the other.
 * The answer is kept in the history. Never rejects.
 */
export async function sendRequest(ports: SendingPorts, order: SendOrder): Promise<void> {
  const { model, versionText, rivalText } = order;
  const answer = await ports.play.getState().send(model, requestTo(ports, order, versionText));
  if (!answer) return;
  await keep(ports, model, answer);
  if (rivalText === '') return;
  await ports.play.getState().send(model, requestTo(ports, order, rivalText), 'rival');
}

/**
 * Sends the request as it is now as soon as its version is available, and tells so, since the user may look elsewhere by
 * then. Gives up where the version will not come. Never rejects.
 */
export async function sendWhenAvailable(ports: SendingPorts, order: SendOrder): Promise<void> {
  const { play, server, toasts } = ports;
  const { model, versionText, body } = order;
  const waiting = play.getState().wait(model, versionText, body);
  const verdict = await awaitVersion(server, model, versionText, waiting);
  if (!verdict || waiting.aborted) return;
  const words = strings.playground.send;
  if (verdict.kind === 'never') {
    play.getState().giveUp(model, waiting, verdict.reason);
    toasts.getState().show({ tone: 'bad', message: words.gaveUp(model, verdict.reason) });
    return;
  }
  toasts.getState().show({ tone: 'neutral', message: words.sentNow(model, verdict.version) });
  await sendRequest(ports, order);
}

async function keep({ play, commands, toasts }: SendingPorts, model: ServableName, answer: Answer): Promise<void> {
  const version = ServableVersion.safeParse(answer.version).data;
  // What is too large is not kept by the server either.
  const small = (text: string): string | undefined =>
    text.length > PLAY_LIMITS.maxHistoryBodyBytes ? undefined : text;
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
    play.getState().keptOne(model);
  } catch {
    toasts.getState().show({ tone: 'bad', message: strings.playground.history.notKept });
  }
}
