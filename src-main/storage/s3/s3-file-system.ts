import { PrefixPage } from '../../contracts/ui-sources.ts';
import {
  createRemoteFileSystem,
  type RemoteFileSystem,
  type RemoteFileSystemOptions,
} from '../remote/remote-file-system.ts';
import type { Environment } from '../remote/connection-options.ts';
import { isS3Code, S3Error } from './s3-error.ts';
import { environmentForSdk, readS3Options } from './s3-options.ts';
import {
  type S3Connection,
  type S3Question,
  type S3Settings,
  S3TestResult,
  type S3WorkerSettings,
} from './s3-protocol.ts';
import { describeS3Location, formatS3Uri, parseS3Uri } from './s3-uri.ts';

export interface S3FileSystemOptions extends RemoteFileSystemOptions {
  /** Where options and credentials come from: `process.env`. Read at the first use. */
  readonly environment: Environment;
}

/** S3-compatible stores. Nothing is started before the first call that needs a store. */
export interface S3FileSystem extends Omit<RemoteFileSystem, 'ask' | 'configure'> {
  /** Has stores be reached by these, from the next request on. */
  connect(connections: readonly S3Connection[]): void;
  /**
   * A page of what is directly below a URI, at most 1000 entries.
   * @param options `through`: in place of the connection that the URI would have. `from`: what the page before gave.
   * @throws ServingError INVALID_ARGUMENT, S3Error.
   */
  browse(
    uri: string,
    options: { readonly through?: S3Connection | undefined; readonly from?: string | undefined },
    signal: AbortSignal,
  ): Promise<PrefixPage>;
  /**
   * Tests in stages how a URI is reached; what fails is told by the result.
   * @param through in place of the connection that the URI would have.
   * @param onNews gets the result so far after each change.
   * @throws ServingError INVALID_ARGUMENT, CANCELLED, and S3_BAD_OPTIONS for a connection that there is none of.
   */
  test(
    uri: string,
    through: S3Connection | undefined,
    signal: AbortSignal,
    onNews?: (result: S3TestResult) => void,
  ): Promise<S3TestResult>;
}

/** Each look costs money, and a thousand models make as many. */
const POLLING = { intervalMs: 30_000, leastIntervalMs: 5000, settleMs: 10_000 };

/**
 * S3 as a file system: scheme `s3`. {@link RemoteFileSystem.list} of a prefix without a key is NOT_FOUND, never empty;
 * errors are S3Error, whose message ends in a stable code.
 */
export function createS3FileSystem(options: S3FileSystemOptions): S3FileSystem {
  const { environment, cache, offline = true } = options;
  const remote = createRemoteFileSystem(
    {
      scheme: 's3',
      label: 'S3',
      takesNamedFiles: true,
      polling: POLLING,
      parse: (uri) => formatS3Uri(parseS3Uri(uri)),
      join: (directory, ...names) => [directory, ...names].join('/'),
      parent(path) {
        const { key, ...place } = parseS3Uri(path);
        return key === '' ? undefined : formatS3Uri({ ...place, key: key.slice(0, Math.max(key.lastIndexOf('/'), 0)) });
      },
      baseName(path) {
        const { key } = parseS3Uri(path);
        return key.slice(key.lastIndexOf('/') + 1);
      },
      thread() {
        const s3Options = readS3Options(environment);
        const workerData: S3WorkerSettings = { options: s3Options, cache, offline };
        return { workerData, env: environmentForSdk(environment, s3Options) };
      },
      errorOf: (storeCode, message) => (isS3Code(storeCode) ? new S3Error(storeCode, message) : undefined),
      notAFile: (path) => new S3Error('S3_WRONG_KIND', `${describeS3Location(parseS3Uri(path))}: this is not a file.`),
    },
    options,
  );
  return {
    ...remote,
    connect(connections) {
      remote.configure({ connections } satisfies S3Settings);
    },
    browse(uri, { through, from }, signal) {
      const place = formatS3Uri(parseS3Uri(uri));
      const question: S3Question = {
        kind: 'browse',
        uri: place,
        ...(through && { through }),
        ...(from !== undefined && { from }),
      };
      return remote.ask(question, PrefixPage, signal);
    },
    test(uri, through, signal, onNews) {
      const question: S3Question = { kind: 'test', uri: formatS3Uri(parseS3Uri(uri)), ...(through && { through }) };
      return remote.ask(question, S3TestResult, signal, (news) => onNews?.(S3TestResult.parse(news)));
    },
  };
}
