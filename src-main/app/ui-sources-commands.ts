import type { UiCommandHandlers } from '../api/ui/commands.ts';
import type { ServableId } from '../contracts/ids.ts';
import type { SOURCES_COMMANDS } from '../contracts/ui-sources.ts';
import { parseS3Url } from '../storage/s3/s3-url.ts';
import type { ConnectionTests } from './connection-tests.ts';
import type { Connections } from './connections.ts';

export interface SourcesCommandsDependencies {
  readonly connections: Connections;
  readonly tests: Pick<ConnectionTests, 'run'>;
  /** Names of the AWS profiles of this user. Never rejects. */
  readonly awsProfiles: () => Promise<readonly string[]>;
  /** @throws ServingError FAILED_PRECONDITION when nothing of it is being downloaded. */
  readonly cancelDownload: (id: ServableId) => void;
}

/** The handlers of SOURCES_COMMANDS. */
export type SourcesCommands = Pick<UiCommandHandlers, keyof typeof SOURCES_COMMANDS>;

/** What the user interface may ask for about stores. */
export function createSourcesCommands({
  connections,
  tests,
  awsProfiles,
  cancelDownload,
}: SourcesCommandsDependencies): SourcesCommands {
  return {
    async saveConnection({ id, connection }) {
      return { connection: await connections.save(id, connection) };
    },
    async deleteConnection({ id }) {
      await connections.remove(id);
      return {};
    },
    testConnection: (request, signal) => tests.run(request, signal),
    browsePrefix: (request, signal) => connections.browse(request, signal),
    async parseS3Url({ text }) {
      return parseS3Url(text);
    },
    async listAwsProfiles() {
      return { profiles: await awsProfiles() };
    },
    async cancelDownload(id) {
      cancelDownload(id);
      return {};
    },
  };
}
