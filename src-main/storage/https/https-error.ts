import type { ErrorCode } from '../../contracts/serving-error.ts';
import type { TransferFault } from '../download/transfer-error.ts';
import { StoreError } from '../remote/store-error.ts';

/** Everything that can go wrong with a web server, and the canonical code that it has for callers. */
const CODES = {
  HTTPS_NOT_FOUND: 'NOT_FOUND',
  HTTPS_WRONG_KIND: 'FAILED_PRECONDITION',
  HTTPS_UNAUTHORIZED: 'PERMISSION_DENIED',
  HTTPS_SECRET_GONE: 'PERMISSION_DENIED',
  HTTPS_WRONG_CONTENT: 'UNAVAILABLE',
  HTTPS_BAD_MANIFEST: 'FAILED_PRECONDITION',
  HTTPS_TOO_LARGE: 'RESOURCE_EXHAUSTED',
  HTTPS_OTHER_ORIGIN: 'FAILED_PRECONDITION',
  HTTPS_REDIRECT: 'UNAVAILABLE',
  HTTPS_UNSAFE_NAME: 'FAILED_PRECONDITION',
  HTTPS_THROTTLED: 'UNAVAILABLE',
  HTTPS_UNAVAILABLE: 'UNAVAILABLE',
  HTTPS_UNREACHABLE: 'UNAVAILABLE',
  HTTPS_TLS: 'UNAVAILABLE',
  HTTPS_STALLED: 'UNAVAILABLE',
  HTTPS_TRUNCATED: 'UNAVAILABLE',
  HTTPS_BAD_SERVER: 'UNAVAILABLE',
  HTTPS_CHANGED: 'ABORTED',
  HTTPS_CORRUPT: 'DATA_LOSS',
  HTTPS_NO_SPACE: 'RESOURCE_EXHAUSTED',
  HTTPS_BAD_OPTIONS: 'FAILED_PRECONDITION',
} as const satisfies Record<string, ErrorCode>;

/** A stable name for a kind of failure, for tests, documents and searches. */
export type HttpsCode = keyof typeof CODES;

/** Whether a text that came from outside is one of the codes. */
export function isHttpsCode(text: unknown): text is HttpsCode {
  return typeof text === 'string' && Object.hasOwn(CODES, text);
}

/** A failure of a web server. The message ends in the stable code, and holds no query. */
export class HttpsError extends StoreError {
  readonly httpsCode: HttpsCode;
  constructor(httpsCode: HttpsCode, message: string, options?: ErrorOptions) {
    super(CODES[httpsCode], httpsCode, message, options);
    this.httpsCode = httpsCode;
  }
}

const TRANSFER_CODES: Readonly<Record<TransferFault, HttpsCode>> = {
  stalled: 'HTTPS_STALLED',
  truncated: 'HTTPS_TRUNCATED',
  'bad server': 'HTTPS_BAD_SERVER',
  corrupt: 'HTTPS_CORRUPT',
  changed: 'HTTPS_CHANGED',
  'no space': 'HTTPS_NO_SPACE',
  'unsafe key': 'HTTPS_UNSAFE_NAME',
};

/** The code of what can happen to any download, whatever the store. */
export function httpsCodeOfTransfer(fault: TransferFault): HttpsCode {
  return TRANSFER_CODES[fault];
}

/** What is known of a failed request. */
export interface HttpsFailure {
  /** Where it was made, in words fit for anybody. */
  readonly place: string;
  /** Host and port that were asked last. */
  readonly host: string;
  readonly httpStatus?: number;
  /** The system's or TLS's name for what went wrong with the connection. */
  readonly errno?: string;
  /** Set where the wait for a connection, or for an answer, was given up. */
  readonly gaveUp?: 'connecting' | 'waiting';
  /** Host and port of the proxy that the request went through. */
  readonly proxyHost?: string;
}

/** Code, cause and action; the two are sentences without their ends. */
interface Verdict {
  readonly httpsCode: HttpsCode;
  readonly cause: string;
  readonly action: string;
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
]);
const CERTIFICATE = /CERT|^ERR_TLS_|^UNABLE_TO_|^HOSTNAME_MISMATCH$|^CRL_/u;
const WRONG_PROTOCOL = /^EPROTO$|^ERR_SSL_|^HPE_/u;

/** The error of a failed request: `<place>: <cause> (<facts>). <action>. [<code>]`. */
export function httpsError(failure: HttpsFailure, options?: ErrorOptions): HttpsError {
  const { httpsCode, cause, action } =
    failure.httpStatus === undefined ? ofConnection(failure) : ofStatus(failure.httpStatus);
  return saidBy(failure, httpsCode, cause, action, options);
}

/** As {@link httpsError}, with a verdict of the caller's. */
export function saidBy(
  { place, host, httpStatus, errno }: HttpsFailure,
  httpsCode: HttpsCode,
  cause: string,
  action: string,
  options?: ErrorOptions,
): HttpsError {
  const status = httpStatus === undefined ? undefined : `HTTP ${httpStatus}`;
  const facts = [errno, status, `host ${host}`].filter((fact) => fact !== undefined);
  return new HttpsError(httpsCode, `${place}: ${cause} (${facts.join(', ')}). ${action}.`, options);
}

function ofConnection({ errno = '', gaveUp, proxyHost }: HttpsFailure): Verdict {
  const through = proxyHost === undefined ? '' : ` through the proxy ${proxyHost}`;
  if (CERTIFICATE.test(errno)) {
    return {
      httpsCode: 'HTTPS_TLS',
      cause: 'the certificate of the server is not trusted',
      action: 'Name the file of its authority in SSL_CERT_FILE (or NODE_EXTRA_CA_CERTS)',
    };
  }
  if (WRONG_PROTOCOL.test(errno)) {
    return {
      httpsCode: 'HTTPS_TLS',
      cause: errno.startsWith('HPE_') ? 'the server does not answer in HTTP' : 'the server does not speak TLS',
      action: 'Check the scheme and the port of the address',
    };
  }
  if (gaveUp === 'waiting') {
    return {
      httpsCode: 'HTTPS_STALLED',
      cause: `the server stopped answering${through}`,
      action: 'It is tried again by itself; check the network where this stays',
    };
  }
  if (gaveUp === 'connecting' || UNREACHABLE.has(errno)) {
    return {
      httpsCode: 'HTTPS_UNREACHABLE',
      cause: `the server cannot be reached${through}`,
      action:
        proxyHost === undefined
          ? 'Check the address, the network, and whether a proxy is needed (HTTPS_PROXY)'
          : 'Check the proxy (HTTPS_PROXY, NO_PROXY) and the address',
    };
  }
  return {
    httpsCode: 'HTTPS_UNAVAILABLE',
    cause: `the connection to the server broke${through}`,
    action: 'It is tried again by itself',
  };
}

function ofStatus(status: number): Verdict {
  switch (status) {
    case 401:
    case 403:
      return {
        httpsCode: 'HTTPS_UNAUTHORIZED',
        cause: 'the server does not allow it',
        action: 'Check the token in the query of the address: it may be wrong or have run out',
      };
    case 404:
    case 410:
      return {
        httpsCode: 'HTTPS_NOT_FOUND',
        cause: 'the server has nothing there',
        action: 'Check the address; it is looked for again by itself',
      };
    case 407:
      return {
        httpsCode: 'HTTPS_UNREACHABLE',
        cause: 'the proxy wants a login',
        action: 'Put user and password into HTTPS_PROXY, or except the host with NO_PROXY',
      };
    case 412:
    case 416:
      return {
        httpsCode: 'HTTPS_CHANGED',
        cause: 'it was replaced while it was read',
        action: 'It is looked at again by itself',
      };
    case 429:
      return {
        httpsCode: 'HTTPS_THROTTLED',
        cause: 'the server asks for fewer requests',
        action: 'It is tried again, more slowly, by itself',
      };
    default:
      return status >= 500
        ? {
            httpsCode: 'HTTPS_UNAVAILABLE',
            cause: 'the server failed to answer',
            action: 'It is tried again by itself',
          }
        : {
            httpsCode: 'HTTPS_BAD_SERVER',
            cause: 'the server gave an answer that makes no sense here',
            action: 'Check the address with a browser or curl',
          };
  }
}
