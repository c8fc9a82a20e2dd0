import { silentLogger } from '../../contracts/logger.ts';
import { createManualClock } from '../../core/testing/manual-clock.ts';
import type { UiCommandHandlers } from '../ui/commands.ts';
import { createUiFeed } from '../ui/ui-feed.ts';
import { createUiServer, type UiServerOptions } from '../ui/ui-server.ts';
import { FakeModels } from './fake-models.ts';
import { FakeDirectory, serverView } from './fake-ui.ts';
import { type RawResponse, rawRequest } from './raw-connection.ts';

/** Path and query of a sign-in link. */
export const pathOfLink = (link: string): string => link.slice(new URL(link).origin.length);

/**
 * A server of the user interface on a port of its own, with a manual clock, fakes for what it tells of, and a browser
 * that has signed in. It is the caller's to close.
 */
export async function startUiServer(
  options: Pick<UiServerOptions, 'staticDirectory'> & Partial<UiServerOptions>,
  commands: Partial<UiCommandHandlers> = {},
) {
  const clock = createManualClock();
  const models = new FakeModels();
  const directory = new FakeDirectory();
  const signInsNeeded = { count: 0 };
  const feed = createUiFeed({
    clock,
    states: models,
    timeline: { history: () => [], subscribe: () => () => undefined },
    directory,
    labels: models,
    loaded: (id) => models.loaded(id),
    server: serverView,
  });
  const server = createUiServer(
    { noncePlaceholder: '__NONCE__', instanceId: 'i1', ...options },
    {
      feed,
      commands,
      clock,
      log: silentLogger,
      restUrl: () => 'http://127.0.0.1:8501',
      onSignInNeeded: () => {
        signInsNeeded.count += 1;
      },
    },
  );
  const { port, origins } = await server.listen({ host: '127.0.0.1', port: 0 });
  const host = `Host: 127.0.0.1:${port}`;
  const signIn = await rawRequest(port, `GET ${pathOfLink(server.issueSignInUrl())}`, [host]);
  const session = signIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  const cookie = `Cookie: other=1; ${session}`;
  const get = (path: string, ...headers: readonly string[]): Promise<RawResponse> =>
    rawRequest(port, `GET ${path}`, [host, cookie, ...headers]);
  const post = (command: string, body: string, ...headers: readonly string[]): Promise<RawResponse> =>
    rawRequest(
      port,
      `POST /ui/commands/${command}`,
      [
        host,
        cookie,
        `Origin: http://127.0.0.1:${port}`,
        'Content-Type: application/json',
        `Content-Length: ${Buffer.byteLength(body)}`,
        ...headers,
      ],
      body,
    );
  return { clock, models, directory, feed, server, port, origins, host, session, cookie, get, post, signInsNeeded };
}
