import { type ErrorCode, ServingError } from '../contracts/serving-error.ts';

/** Codes and words for what operating systems answer. What is not listed is UNAVAILABLE: worth another try later. */
const BY_ERRNO: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ['NOT_FOUND', 'does not exist'],
  ENOTDIR: ['FAILED_PRECONDITION', 'is not a folder'],
  EISDIR: ['FAILED_PRECONDITION', 'is a folder, not a file'],
  ELOOP: ['FAILED_PRECONDITION', 'is a link that leads back to itself'],
  ENAMETOOLONG: ['FAILED_PRECONDITION', 'has a name that is too long for this file system'],
  EINVAL: ['FAILED_PRECONDITION', 'has a name that this file system does not take'],
  EACCES: ['PERMISSION_DENIED', 'cannot be read: permission denied (give the user of this server read access)'],
  EPERM: ['PERMISSION_DENIED', 'cannot be read: permission denied (give the user of this server read access)'],
  EMFILE: ['UNAVAILABLE', 'cannot be read now: too many open files (raise the limit: ulimit -n)'],
  ENFILE: ['UNAVAILABLE', 'cannot be read now: too many open files in the whole system'],
  EBUSY: ['UNAVAILABLE', 'is in use by another program'],
  EIO: ['UNAVAILABLE', 'cannot be read: the disk or network drive reports an I/O error'],
  ESTALE: ['UNAVAILABLE', 'cannot be read: the network drive has lost it (mount it again)'],
  EHOSTDOWN: ['UNAVAILABLE', 'cannot be read: the network drive does not answer'],
  ETIMEDOUT: ['UNAVAILABLE', 'cannot be read: the network drive does not answer'],
};

/** The operating system's name for an error (`ENOENT`); undefined where it has none. */
export function errnoOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/**
 * A ServingError for a failed call to the operating system.
 * @param entry the last segment of the path, which is all that the message tells of it; the rest stays in `cause`.
 */
export function fromErrno(thrown: unknown, entry: string): ServingError {
  if (thrown instanceof ServingError) return thrown;
  const errno = errnoOf(thrown) ?? 'unknown error';
  const [code, words] = BY_ERRNO[errno] ?? (['UNAVAILABLE', `cannot be read (${errno})`] as const);
  return new ServingError(code, `"${entry}" ${words}`, { cause: thrown });
}
