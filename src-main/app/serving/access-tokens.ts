import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { type AccessRefusal, bearerToken } from '../../api/http/access.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import type { AccessBoard, AccessToken } from '../../contracts/ui-serving.ts';
import type { Clock } from '../../core/clock.ts';
import type { StoredToken } from './serving-settings.ts';

/** Lets tools that look for secrets in code find ours. */
const PREFIX = 'slipway_';
const SECRET_BYTES = 32;
/** More are a program's doing, and each costs time at every request. */
const MAX_TOKENS = 100;
/** That tokens were used is told so often at most, however many calls come. */
const TELL_USES_MS = 5000;

export interface AccessTokensDeps {
  /** Those that are valid now; asked at every request, so that what is taken away counts at once. */
  readonly stored: () => readonly StoredToken[];
  /** Applies the change to what is stored. @throws ServingError where it cannot be kept. */
  readonly update: (change: (tokens: readonly StoredToken[]) => readonly StoredToken[]) => Promise<void>;
  readonly clock: Clock;
}

/** The tokens by which others call from the network. */
export interface AccessTokens {
  /**
   * @returns the secret, which is kept nowhere.
   * @throws ServingError ALREADY_EXISTS for a name that is taken, RESOURCE_EXHAUSTED for too many tokens.
   */
  create(name: string): Promise<{ readonly token: AccessToken; readonly secret: string }>;
  /** Takes effect with the next request. @throws ServingError NOT_FOUND. */
  revoke(id: string): Promise<void>;
  /** Lets those with a valid token call. */
  readonly access: (authorization: readonly string[]) => AccessRefusal | undefined;
  /** What is told live. When a token was used last is kept in memory only: a call must not cost a write. */
  readonly board: {
    current(): AccessBoard;
    subscribe(onChange: () => void): () => void;
  };
  /** To be called when another process may have changed what is stored. */
  changed(): void;
  /** Nothing is told from now on. */
  close(): void;
}

export function createAccessTokens({ stored, update, clock }: AccessTokensDeps): AccessTokens {
  const lastUsedAtMs = new Map<string, number>();
  const listeners = new Set<() => void>();
  const closed = new AbortController();
  let toldMs = -Infinity;
  let isTelling = false;

  const tell = (): void => {
    for (const listener of listeners) listener();
  };

  /** The first use is told at once, those that follow together. */
  async function tellUse(): Promise<void> {
    if (isTelling) return;
    isTelling = true;
    await clock.sleep(toldMs + TELL_USES_MS - clock.now(), closed.signal);
    isTelling = false;
    toldMs = clock.now();
    if (!closed.signal.aborted) tell();
  }

  function shown({ id, name, createdAtMs }: StoredToken): AccessToken {
    const lastUsed = lastUsedAtMs.get(id);
    return { id, name, createdAtMs, ...(lastUsed !== undefined && { lastUsedAtMs: lastUsed }) };
  }

  return {
    async create(name) {
      const secret = `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64url')}`;
      const token: StoredToken = {
        id: randomUUID(),
        name,
        createdAtMs: clock.now(),
        digest: digestOf(secret).toString('hex'),
      };
      await update((tokens) => {
        if (tokens.some((other) => other.name === name))
          throw new ServingError('ALREADY_EXISTS', `there is a token named "${name}" already; choose another name`);
        if (tokens.length >= MAX_TOKENS)
          throw new ServingError('RESOURCE_EXHAUSTED', `there can be ${MAX_TOKENS} tokens; revoke one first`);
        return [...tokens, token];
      });
      tell();
      return { token: shown(token), secret };
    },
    async revoke(id) {
      await update((tokens) => {
        if (!tokens.some((token) => token.id === id))
          throw new ServingError('NOT_FOUND', 'there is no such token any more');
        return tokens.filter((token) => token.id !== id);
      });
      lastUsedAtMs.delete(id);
      tell();
    },
    access(authorization) {
      const valid = stored();
      if (valid.length === 0) return NO_TOKENS;
      if (authorization.length === 0) return MISSING;
      const secret = bearerToken(authorization);
      if (secret === undefined) return MALFORMED;
      const digest = digestOf(secret);
      // All are compared, and each in the same time: how long it takes tells nothing.
      const matches = valid.map((token) => timingSafeEqual(digest, Buffer.from(token.digest, 'hex')));
      const match = valid[matches.indexOf(true)];
      if (!match) return UNKNOWN;
      lastUsedAtMs.set(match.id, clock.now());
      void tellUse();
      return undefined;
    },
    board: {
      current: () => ({ tokens: stored().map(shown) }),
      subscribe(onChange) {
        listeners.add(onChange);
        return () => listeners.delete(onChange);
      },
    },
    changed: tell,
    close: () => closed.abort(),
  };
}

const CHALLENGE = 'Bearer realm="slipway"';
const NO_TOKENS: AccessRefusal = {
  message:
    'An access token is required at this address, and there is none: create one on the computer where this server ' +
    'runs, in its user interface or by "slipway tokens add NAME"',
  challenge: CHALLENGE,
};
const MISSING: AccessRefusal = {
  message: 'An access token is required at this address: send it as "Authorization: Bearer TOKEN"',
  challenge: CHALLENGE,
};
const MALFORMED: AccessRefusal = {
  message: 'Exactly one Authorization of the form "Bearer TOKEN" is required at this address',
  challenge: `${CHALLENGE}, error="invalid_request"`,
};
const UNKNOWN: AccessRefusal = {
  message: 'The access token is not valid, or was revoked',
  challenge: `${CHALLENGE}, error="invalid_token"`,
};

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
