import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../contracts/logger.ts';
import { openSecretStore, type SafeStorageApi } from './secret-store.ts';
import { isForOwnerOnly, testFolder } from './testing/run-shell.ts';

type Backend = ReturnType<SafeStorageApi['getSelectedStorageBackend']>;

/** Encrypts by writing the bytes in hexadecimal. */
function safeStorage(over: Partial<SafeStorageApi> & { readonly backend?: Backend } = {}): SafeStorageApi {
  return {
    isAsyncEncryptionAvailable: async () => true,
    encryptStringAsync: async (text) => Buffer.from(Buffer.from(text).toString('hex')),
    decryptStringAsync: async (bytes) => ({
      result: Buffer.from(bytes.toString(), 'hex').toString(),
      shouldReEncrypt: false,
    }),
    getSelectedStorageBackend: () => over.backend ?? 'gnome_libsecret',
    ...over,
  };
}

async function store(storage: SafeStorageApi, platform: NodeJS.Platform = 'linux', path?: string) {
  const file = path ?? join(await testFolder(), 'secrets.json');
  return { file, secrets: await openSecretStore(file, storage, platform, silentLogger) };
}

describe('available', () => {
  const none = { isAsyncEncryptionAvailable: async () => false };
  it.each([
    ['linux', safeStorage(), 'os', 'Keyring'],
    ['linux', safeStorage({ backend: 'kwallet6' }), 'os', 'KDE Wallet'],
    ['linux', safeStorage({ backend: 'basic_text' }), 'plain', 'Not encrypted on this system'],
    ['linux', safeStorage({ backend: 'unknown' }), 'plain', 'Not encrypted on this system'],
    ['linux', safeStorage(none), 'plain', 'Not encrypted on this system'],
    ['darwin', safeStorage(), 'os', 'macOS Keychain'],
    ['win32', safeStorage(), 'os', 'Windows account'],
    [
      'win32',
      safeStorage({ isAsyncEncryptionAvailable: () => Promise.reject(new Error('off')) }),
      'plain',
      'Not encrypted on this system',
    ],
  ] as const)('on %s (%#)', async (platform, storage, kind, label) => {
    const { secrets } = await store(storage, platform);
    await expect(secrets.available()).resolves.toEqual({ kind, label });
  });
});

describe('secrets', () => {
  it('are kept encrypted, for the user only, until they are forgotten', async () => {
    const { secrets, file } = await store(safeStorage());
    await secrets.set('a', 'key ü');
    await secrets.set('a', 'other');
    await secrets.set('__proto__', 'odd id');
    expect(await readFile(file, 'utf8')).not.toContain(Buffer.from('other').toString('base64'));
    await expect(isForOwnerOnly(file)).resolves.toBe(true);
    const again = await store(safeStorage(), 'linux', file);
    await expect(again.secrets.get('a')).resolves.toBe('other');
    await expect(again.secrets.get('__proto__')).resolves.toBe('odd id');
    await again.secrets.delete('a');
    await again.secrets.delete('a');
    await expect(again.secrets.get('a')).resolves.toBeUndefined();
  });

  it('are kept in plain form only where the user allows it', async () => {
    const { secrets, file } = await store(safeStorage({ backend: 'basic_text' }));
    await expect(secrets.set('a', 'key')).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    await secrets.set('a', 'key ü', { allowPlain: true });
    await expect(secrets.get('a')).resolves.toBe('key ü');
    // What was kept in plain form stays readable when the system learns to encrypt.
    const later = await store(safeStorage(), 'linux', file);
    await expect(later.secrets.get('a')).resolves.toBe('key ü');
  });

  it('that can no longer be read have to be entered again', async () => {
    const { secrets, file } = await store(safeStorage());
    await secrets.set('a', 'key');
    const lost = safeStorage({ decryptStringAsync: () => Promise.reject(new Error('wrong key')) });
    const later = await store(lost, 'linux', file);
    await expect(later.secrets.get('a')).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  });

  it('are encrypted anew when the system has a new key', async () => {
    const { secrets, file } = await store(safeStorage());
    await secrets.set('a', 'key');
    const before = await readFile(file, 'utf8');
    const rotated = safeStorage({
      encryptStringAsync: async (text) => Buffer.from(`new ${text}`),
      decryptStringAsync: async () => ({ result: 'key', shouldReEncrypt: true }),
    });
    const later = await store(rotated, 'linux', file);
    await expect(later.secrets.get('a')).resolves.toBe('key');
    expect(await readFile(file, 'utf8')).not.toBe(before);
  });

  it('say when they cannot be kept', async () => {
    const folder = await testFolder();
    await writeFile(join(folder, 'file'), '');
    const unwritable = await store(safeStorage(), 'linux', join(folder, 'file', 'secrets.json'));
    await expect(unwritable.secrets.set('a', 'key')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const locked = safeStorage({ encryptStringAsync: () => Promise.reject(new Error('locked')) });
    await expect((await store(locked)).secrets.set('a', 'key')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
