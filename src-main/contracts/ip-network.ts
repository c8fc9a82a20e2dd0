/**
 * The 64-bit network of an IPv6 address (`fe80:0:0:1::/64`), since whoever has one address of it usually has all; an IPv4
 * address, also one that is mapped into IPv6, as it is.
 */
export function callerNetwork(address: string): string {
  const mapped = address.replace(/^::ffff:/iu, '');
  if (!mapped.includes(':')) return mapped;
  if (address === '::1') return address;
  const [plain = ''] = address.split('%');
  const [head = '', tail] = plain.split('::');
  const parts = (text: string): readonly string[] => (text === '' ? [] : text.split(':'));
  const [left, right] = [parts(head), parts(tail ?? '')];
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  const groups = [...left, ...zeros, ...right].slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${groups.join(':')}::/64`;
}
