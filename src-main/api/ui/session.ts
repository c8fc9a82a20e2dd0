import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Links that may be open at one time; the oldest gives way. */
const MAX_TOKENS = 16;

/**
 * Who may use the user interface: browsers that exchanged a one-time token for the session cookie. One secret for the
 * life of the process; nothing is kept on disk.
 */
export interface UiSession {
  /** Holds the port, because browsers send a cookie to every port of a host. */
  readonly cookieName: string;
  readonly cookieValue: string;
  /** @param cookieHeader the whole Cookie header. */
  isSignedIn(cookieHeader: string | undefined): boolean;
  /** A new token, for one sign-in within its time. */
  issueToken(): string;
  /** @returns whether the token was valid; it no longer is. */
  redeemToken(token: string): boolean;
}

/** @param now milliseconds, any epoch. */
export function createUiSession(port: number, tokenTtlMs: number, now: () => number): UiSession {
  const cookieName = `slipway-ui-${port}`;
  const cookieValue = randomBytes(32).toString('base64url');
  const cookieDigest = digest(cookieValue);
  let tokens: readonly { readonly digest: Buffer; readonly expiresAtMs: number }[] = [];

  return {
    cookieName,
    cookieValue,
    isSignedIn(cookieHeader) {
      const values = (cookieHeader ?? '')
        .split(';')
        .map((pair) => pair.trim())
        .filter((pair) => pair.startsWith(`${cookieName}=`))
        .map((pair) => pair.slice(cookieName.length + 1));
      return values.some((value) => timingSafeEqual(digest(value), cookieDigest));
    },
    issueToken() {
      const token = randomBytes(32).toString('base64url');
      tokens = [...tokens, { digest: digest(token), expiresAtMs: now() + tokenTtlMs }].slice(-MAX_TOKENS);
      return token;
    },
    redeemToken(token) {
      const given = digest(token);
      const valid = tokens.filter(({ expiresAtMs }) => expiresAtMs > now());
      // Digests are compared, because the comparison in constant time needs equal lengths.
      tokens = valid.filter((each) => !timingSafeEqual(each.digest, given));
      return tokens.length < valid.length;
    },
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
