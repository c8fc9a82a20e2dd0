import type { Socket } from 'node:net';
import type { ConnectionEnds } from './access.ts';

export interface StrangersOptions {
  /** How long a connection may go without a request that is let in; default 10 s. */
  readonly timeoutMs?: number;
  /** Most connections of strangers at one time; default 256. */
  readonly max?: number;
  /** Most of them from one address, or from one network of IPv6; default 32. */
  readonly maxPerAddress?: number;
}

/**
 * The connections at an address where callers need a token, until one has shown that it may call. There are only so many
 * of them, for so long: a new one ends the oldest. So whoever has no token can neither keep connections nor keep out those
 * who have one, whose first request follows at once.
 */
export interface Strangers {
  /** To be called with each new connection, before its TLS handshake. */
  arrived(socket: Socket): void;
  /** To be called when a request on the connection was let in: nothing of this holds for it any more. */
  letIn(ends: ConnectionEnds): void;
  /** Whether no request on the connection was let in yet. */
  has(ends: ConnectionEnds): boolean;
}

interface Stranger {
  readonly address: string;
  readonly end: () => void;
  readonly forget: () => void;
}

export function createStrangers(options: StrangersOptions = {}): Strangers {
  const { timeoutMs = 10_000, max = 256, maxPerAddress = 32 } = options;
  /** Oldest first. By the peer, which is known of a connection whichever layer looks at it. */
  const strangers = new Map<string, Stranger>();
  const counts = new Map<string, number>();

  function endOldest(isOne: (stranger: Stranger) => boolean): void {
    for (const stranger of strangers.values()) if (isOne(stranger)) return stranger.end();
  }

  return {
    arrived(socket) {
      const peer = peerOf(socket);
      const address = networkOf(socket.remoteAddress ?? '');
      const forget = (): void => {
        if (!strangers.delete(peer)) return;
        clearTimeout(timer);
        const left = (counts.get(address) ?? 0) - 1;
        if (left > 0) counts.set(address, left);
        else counts.delete(address);
      };
      const end = (): void => {
        forget();
        socket.destroy();
      };
      const timer = setTimeout(end, timeoutMs).unref();
      if ((counts.get(address) ?? 0) >= maxPerAddress) endOldest((other) => other.address === address);
      if (strangers.size >= max) endOldest(() => true);
      strangers.set(peer, { address, end, forget });
      counts.set(address, (counts.get(address) ?? 0) + 1);
      socket.once('close', forget);
    },
    letIn: (ends) => strangers.get(peerOf(ends))?.forget(),
    has: (ends) => strangers.has(peerOf(ends)),
  };
}

function peerOf({ remoteAddress, remotePort }: ConnectionEnds): string {
  return `${remoteAddress ?? ''} ${remotePort ?? ''}`;
}

/** Whoever has one address of IPv6 has all of its 64-bit network. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  const [head = ''] = address.split('::');
  return head.split(':').slice(0, 4).join(':');
}
