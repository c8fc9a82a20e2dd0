import type { PrefixPage } from '../../../contracts/ui-sources.ts';
import type { SchemeExtras } from '../../remote/worker/serve-store.ts';
import { connectionFor, optionsOf } from '../s3-connections.ts';
import type { S3Options } from '../s3-options.ts';
import { type S3Connection, S3Question, S3Settings, type S3TestResult } from '../s3-protocol.ts';
import { formatS3Uri, parseS3Uri, type S3Location } from '../s3-uri.ts';
import type { ConnectedClients } from './connected-clients.ts';
import { testConnection } from './connection-test.ts';
import { createS3Clients } from './s3-clients.ts';
import { createS3Requests, type S3Requests } from './s3-requests.ts';

/** As many as the store gives at most. */
const PAGE_KEYS = 1000;

/** What the thread for S3 does besides what every file system does: connections, their tests, and browsing. */
export function createS3Extras(environment: S3Options, clients: ConnectedClients, requests: S3Requests): SchemeExtras {
  let connections: readonly S3Connection[] = [];

  async function browse(
    { uri, through, from }: Extract<S3Question, { kind: 'browse' }>,
    signal: AbortSignal,
  ): Promise<PrefixPage> {
    const location = parseS3Uri(uri);
    if (!through) return pageOf(location, from, requests, signal);
    using trial = createS3Clients(optionsOf(through, environment));
    return await pageOf(location, from, createS3Requests(trial), signal);
  }

  function test(
    { uri, through }: Extract<S3Question, { kind: 'test' }>,
    signal: AbortSignal,
    onNews: (result: S3TestResult) => void,
  ): Promise<S3TestResult> {
    const location = parseS3Uri(uri);
    const connection = through ?? connectionFor(location, connections);
    const options = connection ? optionsOf(connection, environment) : clients.optionsFor(location);
    const isRegionGiven = connection ? connection.region !== undefined : options.region !== undefined;
    return testConnection({ location, options, isRegionGiven }, signal, onNews);
  }

  return {
    configure(settings) {
      ({ connections } = S3Settings.parse(settings));
      clients.connect(connections);
    },
    ask(asked, signal, onNews) {
      const question = S3Question.parse(asked);
      return question.kind === 'browse' ? browse(question, signal) : test(question, signal, onNews);
    },
  };
}

async function pageOf(
  location: S3Location,
  from: string | undefined,
  requests: S3Requests,
  signal: AbortSignal,
): Promise<PrefixPage> {
  const { key } = location;
  const prefix = key === '' ? '' : `${key}/`;
  const query = { prefix, delimiter: '/' as const, maxKeys: PAGE_KEYS, ...(from === undefined ? {} : { from }) };
  const page = await requests.list(location, query, signal);
  const uriOf = (child: string): string => formatS3Uri({ ...location, key: child });
  return {
    uri: formatS3Uri(location),
    ...(key === '' ? {} : { parent: uriOf(key.slice(0, Math.max(key.lastIndexOf('/'), 0))) }),
    folders: page.prefixes.map((child) => {
      const folder = child.slice(0, -1);
      return { name: folder.slice(prefix.length), uri: uriOf(folder) };
    }),
    // The prefix itself can be an object, which consoles make to show an empty folder.
    files: page.objects
      .filter((object) => object.key !== prefix)
      .map((object) => ({
        name: object.key.slice(prefix.length),
        uri: uriOf(object.key),
        sizeBytes: object.sizeBytes,
        modifiedMs: object.modifiedMs,
        ...(object.archivedIn === undefined ? {} : { archivedIn: object.archivedIn }),
      })),
    ...(page.next === undefined ? {} : { next: page.next }),
  };
}
