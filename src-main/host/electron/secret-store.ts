import type { SafeStorage } from 'electron';
import { z } from 'zod';
import type { Logger } from '../../contracts/logger.ts';
import type { SecretProtection, SecretStore } from '../../contracts/secret-store.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import { openJsonFile } from './json-file.ts';

const Entry = z.object({
  id: z.string(),
  protection: z.enum(['os', 'plain']),
  /** Base64 of what the system encrypted, or of the UTF-8 text itself. */
  data: z.base64(),
});
const Secrets = z.object({ formatVersion: z.literal(1), secrets: z.array(Entry).readonly() });

/** The parts of Electron's `safeStorage` that are used. */
export type SafeStorageApi = Pick<
  SafeStorage,
  'isAsyncEncryptionAvailable' | 'encryptStringAsync' | 'decryptStringAsync' | 'getSelectedStorageBackend'
>;

const LABELS: Partial<Record<NodeJS.Platform, string>> = { darwin: 'macOS Keychain', win32: 'Windows account' };
const PLAIN: SecretProtection = { kind: 'plain', label: 'Not encrypted on this system' };

/**
 * Secrets in a file that only the user may read, encrypted with a key that the system guards where it has such a thing.
 * @param path absolute path of the file, within the data directory.
 */
export async function openSecretStore(
  path: string,
  safeStorage: SafeStorageApi,
  platform: NodeJS.Platform,
  log: Logger,
): Promise<SecretStore> {
  const file = await openJsonFile(path, Secrets, { formatVersion: 1, secrets: [] }, log);

  async function available(): Promise<SecretProtection> {
    const isAvailable = await safeStorage.isAsyncEncryptionAvailable().catch(() => false);
    if (!isAvailable) return PLAIN;
    if (platform !== 'linux') return { kind: 'os', label: LABELS[platform] ?? 'This system' };
    const backend = safeStorage.getSelectedStorageBackend();
    // The key of `basic_text` is part of the program, and the same everywhere.
    if (backend === 'basic_text' || backend === 'unknown') return PLAIN;
    return { kind: 'os', label: backend === 'gnome_libsecret' ? 'Keyring' : 'KDE Wallet' };
  }

  async function write(id: string, entry: z.infer<typeof Entry> | undefined): Promise<void> {
    try {
      await file.update(({ secrets, ...rest }) => ({
        ...rest,
        secrets: [...secrets.filter((other) => other.id !== id), ...(entry ? [entry] : [])],
      }));
    } catch (error) {
      throw new ServingError('UNAVAILABLE', 'the file of secrets in the data directory cannot be written', {
        cause: error,
      });
    }
  }

  async function encrypted(id: string, value: string): Promise<z.infer<typeof Entry>> {
    try {
      return { id, protection: 'os', data: (await safeStorage.encryptStringAsync(value)).toString('base64') };
    } catch (error) {
      throw new ServingError('UNAVAILABLE', 'the system did not encrypt the secret; unlock its keyring and try again', {
        cause: error,
      });
    }
  }

  return {
    available,
    async get(id) {
      const entry = file.current().secrets.find((secret) => secret.id === id);
      if (!entry) return undefined;
      const bytes = Buffer.from(entry.data, 'base64');
      if (entry.protection === 'plain') return bytes.toString('utf8');
      try {
        const { result, shouldReEncrypt } = await safeStorage.decryptStringAsync(bytes);
        // The system has a new key; what the old one encrypted may become unreadable some day.
        if (shouldReEncrypt) await write(id, await encrypted(id, result)).catch((error: unknown) => warn(error));
        return result;
      } catch (error) {
        const message = 'a stored secret can no longer be read; unlock the keyring of this system, or enter it again';
        throw new ServingError('FAILED_PRECONDITION', message, { cause: error });
      }
    },
    async set(id, value, { allowPlain = false } = {}) {
      const { kind } = await available();
      if (kind === 'os') return write(id, await encrypted(id, value));
      if (!allowPlain) {
        const message =
          'this system has no keyring, so the secret would be kept unencrypted; allow that, or use an AWS profile or ' +
          'environment variables';
        throw new ServingError('FAILED_PRECONDITION', message);
      }
      return write(id, { id, protection: 'plain', data: Buffer.from(value, 'utf8').toString('base64') });
    },
    async delete(id) {
      if (file.current().secrets.some((secret) => secret.id === id)) await write(id, undefined);
    },
  };

  function warn(error: unknown): void {
    log.warn({ error }, 'a secret could not be encrypted anew');
  }
}
