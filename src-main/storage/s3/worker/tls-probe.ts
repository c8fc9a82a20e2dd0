import { connect } from 'node:tls';

/** A handshake takes a few round trips; who has not made one by then speaks something else, or too slowly to matter. */
const PATIENCE_MS = 2000;

/** Whether the server of an endpoint makes a TLS handshake, whatever its certificate. Never rejects. */
export function speaksTls(endpoint: string, signal: AbortSignal): Promise<boolean> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname.replace(/^\[(.*)\]$/u, '$1'),
      port: Number(port === '' ? 80 : port),
      // Nothing is sent and nothing is read: only whether there is an answer counts.
      rejectUnauthorized: false,
    });
    const end = (answer: boolean) => (): void => {
      socket.destroy();
      signal.removeEventListener('abort', giveUp);
      resolve(answer);
    };
    const giveUp = end(false);
    signal.addEventListener('abort', giveUp, { once: true });
    socket.setTimeout(PATIENCE_MS, giveUp);
    socket.once('secureConnect', end(true));
    socket.once('error', giveUp);
    socket.once('close', giveUp);
  });
}
