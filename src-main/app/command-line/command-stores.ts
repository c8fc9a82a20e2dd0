import { join, resolve } from 'node:path';
import { ConnectionId } from '../../contracts/ids.ts';
import { noSecretStore } from '../../contracts/secret-store.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import { type Connections, createConnections, withConnection } from '../connections.ts';
import { isAbsoluteBasePath } from '../../config/check-model-configs.ts';
import { createLogThreshold } from '../log-threshold.ts';
import { createProcessLogger } from '../process-logger.ts';
import { openSettingsStore } from '../settings-store.ts';
import { dataDirectoryOf } from '../start-from-flags.ts';
import { cacheDirectoryOf, openStores, type Stores } from '../stores.ts';
import type { CommandArguments, CommandContext } from './command.ts';

/** Stores for one command: those of a server with the same folder of settings, but without stored keys. */
export interface CommandStores extends AsyncDisposable {
  readonly stores: Stores;
  readonly connections: Connections;
  /**
   * The place that a command is about, by the connection that `--connection` names.
   * @throws ServingError NOT_FOUND for one that there is none of, INVALID_ARGUMENT.
   */
  place(given: CommandArguments): Promise<string>;
}

export async function openCommandStores(
  given: CommandArguments,
  { installation }: CommandContext,
): Promise<CommandStores> {
  const log = createProcessLogger(createLogThreshold('error'), 'text');
  const dataDirectory = dataDirectoryOf({ data_dir: given.text('data_dir') ?? '' });
  const stores = openStores(
    {
      dataDirectory,
      cache: { directory: given.text('cache_dir') },
      s3WorkerEntry: join(installation, 'out/main/s3-worker.js'),
      httpsWorkerEntry: join(installation, 'out/main/https-worker.js'),
    },
    log,
  );
  const store = await openSettingsStore(dataDirectory, log);
  const connections = createConnections({ store, secrets: noSecretStore, s3: stores.s3, namedBy: () => [], log });
  await connections.refresh();
  return {
    stores,
    connections,
    async place(command) {
      const name = command.text('connection');
      const { argument } = command;
      // A terminal has a folder that it is in; a server has none.
      if (name === undefined) return isAbsoluteBasePath(argument) ? argument : resolve(argument);
      const id = ConnectionId.safeParse(name);
      if (!id.success) throw new ServingError('INVALID_ARGUMENT', `--connection=${name} is not the id of a connection`);
      // One that is not found may stand in a part of the settings that cannot be read.
      await connections.resolve({ connection: id.data }).catch((error: unknown) => {
        throw store.problem ?? error;
      });
      return withConnection(command.argument, id.data);
    },
    [Symbol.asyncDispose]: () => stores[Symbol.asyncDispose](),
  };
}

/** Absolute path of the folder of local copies that a command is about. */
export function cacheDirectoryFor(given: CommandArguments): string {
  const dataDirectory = dataDirectoryOf({ data_dir: given.text('data_dir') ?? '' });
  return cacheDirectoryOf({ dataDirectory, cache: { directory: given.text('cache_dir') } });
}
