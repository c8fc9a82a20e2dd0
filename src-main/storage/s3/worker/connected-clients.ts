import { isDeepStrictEqual } from 'node:util';
import { S3Error } from '../s3-error.ts';
import { connectionFor, optionsOf } from '../s3-connections.ts';
import type { S3Options } from '../s3-options.ts';
import type { S3Connection } from '../s3-protocol.ts';
import { describeS3Location, type S3Location } from '../s3-uri.ts';
import { createS3Clients, type S3Clients } from './s3-clients.ts';

/** The clients of all connections, and of the environment. */
export interface ConnectedClients extends S3Clients {
  /** Has later requests go by these; clients of connections that are gone or were changed are closed. */
  connect(connections: readonly S3Connection[]): void;
  /** How a place is reached. @throws S3Error S3_BAD_OPTIONS for a connection that there is none of. */
  optionsFor(location: S3Location): S3Options;
}

interface Connected {
  readonly id: S3Connection['id'];
  readonly options: S3Options;
  readonly clients: S3Clients;
}

export function createConnectedClients(environment: S3Options): ConnectedClients {
  const ofEnvironment: Connected = { id: undefined, options: environment, clients: createS3Clients(environment) };
  let connections: readonly S3Connection[] = [];
  let connected: readonly Connected[] = [];

  function pick(location: S3Location): Connected {
    const connection = connectionFor(location, connections);
    const found = connection && connected.find(({ id }) => id === connection.id);
    if (found) return found;
    if (location.connection === undefined) return ofEnvironment;
    throw new S3Error(
      'S3_BAD_OPTIONS',
      `${describeS3Location(location)}: there is no connection "${location.connection}". Add it, or name another one in front of the bucket.`,
    );
  }

  return {
    connect(wanted) {
      const before = connected;
      connections = wanted;
      connected = wanted.map((connection) => {
        const options = optionsOf(connection, environment);
        const known = before.find((each) => each.id === connection.id);
        if (known && isDeepStrictEqual(known.options, options)) return known;
        return { id: connection.id, options, clients: createS3Clients(options) };
      });
      for (const each of before) if (!connected.includes(each)) each.clients[Symbol.dispose]();
    },
    optionsFor: (location) => pick(location).options,
    async of(location) {
      return pick(location).clients.of(location);
    },
    moved: (location, region) => pick(location).clients.moved(location, region),
    async refreshCredentials(location, of) {
      return pick(location).clients.refreshCredentials(location, of);
    },
    [Symbol.dispose]() {
      for (const { clients } of [ofEnvironment, ...connected]) clients[Symbol.dispose]();
    },
  };
}
