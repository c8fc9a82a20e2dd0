import { ServingError } from './serving-error.ts';

/** How secrets would be kept on this system. */
export interface SecretProtection {
  /**
   * `os`: encrypted with a key that the operating system guards. `plain`: kept, but whoever can read the file can read
   * the secret. `none`: not kept at all.
   */
  readonly kind: 'os' | 'plain' | 'none';
  /** For the user, beside the field: `macOS Keychain`, `not encrypted on this system`. */
  readonly label: string;
}

/**
 * Keeps a few short secrets, such as the keys of a connection, between two runs. Values go in and out as messages only:
 * never into logs, settings, arguments or the environment.
 */
export interface SecretStore {
  /** Never rejects. It may change while the application runs, for instance when a keyring is unlocked. */
  available(): Promise<SecretProtection>;
  /**
   * @returns undefined where nothing is kept under this id.
   * @throws ServingError FAILED_PRECONDITION for one that can no longer be read: the user has to enter it again.
   */
  get(id: string): Promise<string | undefined>;
  /**
   * Keeps a value, in place of the one before.
   * @param options `allowPlain`: the user was told that it will not be encrypted, and wants it kept all the same.
   * @throws ServingError FAILED_PRECONDITION where secrets are not kept, or only in plain form and that is not allowed;
   *   UNAVAILABLE when it cannot be written.
   */
  set(id: string, value: string, options?: { readonly allowPlain?: boolean }): Promise<void>;
  /**
   * Forgets a value; one that is not there is no error.
   * @throws ServingError UNAVAILABLE when the change cannot be written.
   */
  delete(id: string): Promise<void>;
}

/** For a host without a safe place: a server has its secrets from the environment, a profile or the instance's role. */
export const noSecretStore: SecretStore = {
  available: () => Promise.resolve({ kind: 'none', label: 'This server keeps no secrets' }),
  get: () => Promise.resolve(undefined),
  set: () =>
    Promise.reject(
      new ServingError(
        'FAILED_PRECONDITION',
        'this server keeps no secrets; use an AWS profile, environment variables or the role of the machine',
      ),
    ),
  delete: () => Promise.resolve(),
};
