/** Why a caller is not let in. */
export interface AccessRefusal {
  /** Fit for the caller. */
  readonly message: string;
  /** The value of `WWW-Authenticate` (RFC 6750). */
  readonly challenge: string;
}

/** Both ends of a connection, as far as the system tells them. */
export interface ConnectionEnds {
  readonly localAddress?: string | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/**
 * Decides who may call where not everybody may. Asked for each request anew, before its body is read.
 * @param authorization the values of all its `Authorization` headers, as they came.
 * @returns undefined for one who may.
 */
export type Access = (authorization: readonly string[], ends: ConnectionEnds) => AccessRefusal | undefined;

/** Lets everybody call from this computer itself, for a listener that others reach at the same address. */
export function exceptFromThisComputer(access: Access): Access {
  return (authorization, ends) => (isFromThisComputer(ends) ? undefined : access(authorization, ends));
}

/** No packet of another computer comes with one of these addresses as its origin. */
function isFromThisComputer({ localAddress, remoteAddress }: ConnectionEnds): boolean {
  if (remoteAddress === undefined) return false;
  return remoteAddress === localAddress || /^(?:(?:::ffff:)?127(?:\.\d{1,3}){3}|::1)$/u.test(remoteAddress);
}

/** RFC 6750: the scheme in any case, and what may be in a token. */
const BEARER = /^bearer +([\w~+/.-]+=*)$/iu;

/** @returns undefined for anything but one header with a bearer token. */
export function bearerToken(authorization: readonly string[]): string | undefined {
  const [value] = authorization;
  return authorization.length === 1 && value !== undefined ? BEARER.exec(value)?.[1] : undefined;
}
