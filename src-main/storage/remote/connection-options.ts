import { z } from 'zod';
import { ServingError } from '../../contracts/serving-error.ts';

/** How connections to stores are made, whatever the scheme. */
export const ConnectionOptions = z.object({
  /** A PEM file of authorities that are trusted beside the system's. */
  caFile: z.string().optional(),
  verifyTls: z.boolean(),
  proxy: z.object({ http: z.string().optional(), https: z.string().optional(), except: z.string().optional() }),
  connectTimeoutMs: z.number(),
  /** Longest silence of a connection. */
  idleTimeoutMs: z.number(),
});
export type ConnectionOptions = z.infer<typeof ConnectionOptions>;

export type Environment = Readonly<Record<string, string | undefined>>;

export const CONNECT_TIMEOUT_MS = 5000;
export const IDLE_TIMEOUT_MS = 15_000;

/** Reads variables, each by the first of its names that is set. Empty counts as not set. */
export interface EnvironmentReader {
  readonly text: (...names: readonly string[]) => string | undefined;
  /** @throws ServingError INVALID_ARGUMENT that names the variable; so does {@link count}. */
  readonly flag: (...names: readonly string[]) => boolean | undefined;
  readonly count: (name: string, fallback: number) => number;
  /** The way out, as curl and others read it; names in lower case go first. */
  readonly proxy: () => ConnectionOptions['proxy'];
}

export function createEnvironmentReader(environment: Environment): EnvironmentReader {
  const named = (names: readonly string[]): readonly [string, string] | undefined => {
    for (const name of names) {
      const value = environment[name]?.trim();
      if (value !== undefined && value !== '') return [name, value];
    }
    return undefined;
  };
  const text = (...names: readonly string[]): string | undefined => named(names)?.[1];
  return {
    text,
    flag(...names) {
      const found = named(names);
      return found && readFlag(...found);
    },
    count(name, fallback) {
      const value = text(name);
      if (value === undefined) return fallback;
      if (/^[1-9]\d{0,8}$/u.test(value)) return Number(value);
      throw new ServingError('INVALID_ARGUMENT', `${name} must be a whole number above 0`);
    },
    proxy: () => ({
      ...optional('http', text('http_proxy', 'HTTP_PROXY')),
      ...optional('https', text('https_proxy', 'HTTPS_PROXY')),
      ...optional('except', text('no_proxy', 'NO_PROXY')),
    }),
  };
}

function readFlag(name: string, value: string): boolean {
  if (/^(?:1|true|yes|on)$/iu.test(value)) return true;
  if (/^(?:0|false|no|off)$/iu.test(value)) return false;
  throw new ServingError('INVALID_ARGUMENT', `${name} must be true or false`);
}

/** A field that is there only with a value. */
export function optional<K extends string, T>(name: K, value: T | undefined): { readonly [key in K]?: T } {
  // The type of a computed name is lost otherwise.
  const fields: { [key in K]?: T } = {};
  if (value !== undefined) fields[name] = value;
  return fields;
}
