import type { Server, TlsOptions } from 'node:tls';
import { ServingError } from '../../contracts/serving-error.ts';

const MIN_VERSION = 'TLSv1.2';
/** Time for a TLS handshake. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** What a listener needs to speak TLS: PEM texts, not paths. */
export interface ListenerTls {
  readonly key: string;
  /** The certificate, followed by those that lead to its authority. */
  readonly cert: string;
  /** The authorities whose certificates clients may have. */
  readonly ca?: string;
  /** Whether a client without such a certificate is turned away; needs `ca`. */
  readonly clientVerify: boolean;
}

/** Options of every server that speaks TLS: 1.2 or later. The keys come by {@link useCertificate}. */
export function tlsOptions({ clientVerify }: ListenerTls, handshakeTimeout = HANDSHAKE_TIMEOUT_MS): TlsOptions {
  return {
    minVersion: MIN_VERSION,
    handshakeTimeout,
    requestCert: clientVerify,
    rejectUnauthorized: clientVerify,
  };
}

/** Gives a server its keys. @throws ServingError INVALID_ARGUMENT for keys or certificates that cannot be used. */
export function useCertificate(server: Server, { key, cert, ca, clientVerify }: ListenerTls): void {
  if (clientVerify && ca === undefined) {
    // Any certificate of any public authority would do otherwise.
    throw new ServingError('INVALID_ARGUMENT', 'TLS: client_verify needs custom_ca, the authority of the clients');
  }
  try {
    server.setSecureContext({ minVersion: MIN_VERSION, key, cert, ...(ca === undefined ? {} : { ca }) });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `TLS: server_key, server_cert or custom_ca cannot be used: ${reason}`;
    throw new ServingError('INVALID_ARGUMENT', message, { cause: error });
  }
}
