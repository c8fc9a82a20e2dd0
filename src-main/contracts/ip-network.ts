const IPV4_PART_BITS = 8;
const IPV6_PART_BITS = 16;
/** Whoever has one address of a network of this length usually has all. */
const IPV6_CALLER_BITS = 64;

/**
 * The network of an address as it is usually written: `192.168.1.0/24`, `fd00::/64`.
 * @param address without the name of an interface behind it.
 * @param length of the network, in bits.
 */
export function networkOf(address: string, length: number): string {
  const { parts, bits } = partsOf(address);
  const base = parts.map((part, index) => {
    const rest = 2 ** (bits - Math.min(bits, Math.max(0, length - index * bits)));
    return part - (part % rest);
  });
  return `${bits === IPV4_PART_BITS ? base.join('.') : shortest(base)}/${length}`;
}

/** Eight groups with the longest run of zeros, the first of several, as `::`. Source: RFC 5952. */
function shortest(groups: readonly number[]): string {
  const text = groups.map((group) => group.toString(16)).join(':');
  let longest = '';
  for (const [run] of text.matchAll(/(?<![^:])0(?::0)+(?![^:])/gu)) if (run.length > longest.length) longest = run;
  if (longest === '') return text;
  const at = text.search(new RegExp(`(?<![^:])${longest}(?![^:])`, 'u'));
  return `${text.slice(0, at).replace(/:$/u, '')}::${text.slice(at + longest.length).replace(/^:/u, '')}`;
}

/** How many bits a mask such as `255.255.240.0` or `ffff:ffff::` leaves to the network. */
export function prefixLengthOf(netmask: string): number {
  const ones = partsOf(netmask).parts.map((part) => part.toString(2).replaceAll('0', '').length);
  return ones.reduce((sum, count) => sum + count, 0);
}

/**
 * Who counts as one caller: the 64-bit network of an IPv6 address (`fe80:0:0:1::/64`); an IPv4 address, also one that is
 * mapped into IPv6, and this computer as they are.
 */
export function callerNetwork(address: string): string {
  const mapped = address.replace(/^::ffff:/iu, '');
  if (!mapped.includes(':')) return mapped;
  if (address === '::1') return address;
  const [plain = ''] = address.split('%');
  return networkOf(plain, IPV6_CALLER_BITS);
}

/** The bytes of an IPv4 address, or the eight groups of an IPv6 address, and how many bits one has. */
function partsOf(address: string): { readonly parts: readonly number[]; readonly bits: number } {
  if (!address.includes(':')) return { parts: address.split('.').map(Number), bits: IPV4_PART_BITS };
  const [head = [], tail] = address.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = tail ? Array.from({ length: 8 - head.length - tail.length }, () => '0') : [];
  const groups = [...head, ...zeros, ...(tail ?? [])];
  return { parts: groups.map((group) => Number.parseInt(group, 16)), bits: IPV6_PART_BITS };
}
