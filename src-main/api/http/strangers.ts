import type { Socket } from 'node:net';
import { callerNetwork } from '../../contracts/ip-network.ts';
import type { ConnectionEnds } from './access.ts';

export interface StrangersOptions {
  /** How long a connection may go without a request that is let in; default 10 s. */
  readonly timeoutMs?: number;
  /** Most connections of strangers at one time; default 512. */
  readonly max?: number;
  /** Most of them from one address, or from one network of IPv6; default 128. */
  readonly maxPerAddress?: number;
}

/**
 * The connections at an address where callers need a token, until one has shown that it may call. There are only so many
 * of them, for so long: a new one ends the oldest of its address, or where there are too many in all, of the address that
 * has most. So whoever has no token can hardly keep out those who have one, whose first request follows at once.
 */
export interface Strangers {
  /** To be called with each new connection of one who needs a token, before its TLS handshake. */
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
  const { timeoutMs = 10_000, max = 512, maxPerAddress = 128 } = options;
  /** Oldest first. By the peer, which is known of a connection whichever layer looks at it. */
  const strangers = new Map<string, Stranger>();
  const counts = new Map<string, number>();

  function endOldestOf(address: string): void {
    for (const stranger of strangers.values()) if (stranger.address === address) return stranger.end();
  }

  function busiest(): string {
    let [most, found] = [0, ''];
    for (const [address, count] of counts) if (count > most) [most, found] = [count, address];
    return found;
  }

  return {
    arrived(socket) {
      // It is gone already.
      if (socket.remoteAddress === undefined) return;
      const peer = peerOf(socket);
      const address = addressOf(socket);
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
      if ((counts.get(address) ?? 0) >= maxPerAddress) endOldestOf(address);
      else if (strangers.size >= max) endOldestOf(busiest());
      strangers.set(peer, { address, end, forget });
      counts.set(address, (counts.get(address) ?? 0) + 1);
      socket.once('close', forget);
    },
    letIn: (ends) => strangers.get(peerOf(ends))?.forget(),
    has: (ends) => strangers.has(peerOf(ends)),
  };
}

function peerOf({ localAddress, remoteAddress, remotePort }: ConnectionEnds): string {
  return `${localAddress ?? ''} ${remoteAddress ?? ''} ${remotePort ?? ''}`;
}

/** Of one who is in this computer's own network of IPv6, the address itself: all neighbours have that network. */
function addressOf({ localAddress = '', remoteAddress = '' }: ConnectionEnds): string {
  const network = callerNetwork(remoteAddress);
  return network === callerNetwork(localAddress) ? remoteAddress : network;
}
