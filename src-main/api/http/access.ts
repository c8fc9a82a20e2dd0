/** Why a caller is not let in. */
export interface AccessRefusal {
  /** Fit for the caller. */
  readonly message: string;
  /** The value of `WWW-Authenticate` (RFC 6750). */
  readonly challenge: string;
}

/**
 * Decides who may call where not everybody may. Asked for each request anew, before its body is read.
 * @param authorization the values of all its `Authorization` headers, as they came.
 * @returns undefined for one who may.
 */
export type Access = (authorization: readonly string[]) => AccessRefusal | undefined;

/** RFC 6750: the scheme in any case, and what may be in a token. */
const BEARER = /^bearer +([\w~+/.-]+=*)$/iu;

/** @returns undefined for anything but one header with a bearer token. */
export function bearerToken(authorization: readonly string[]): string | undefined {
  const [value] = authorization;
  return authorization.length === 1 && value !== undefined ? BEARER.exec(value)?.[1] : undefined;
}
