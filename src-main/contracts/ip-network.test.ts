import { expect, it } from 'vitest';
import { callerNetwork } from './ip-network.ts';

it.each([
  ['192.168.1.20', '192.168.1.20'],
  ['::ffff:192.168.1.20', '192.168.1.20'],
  ['::1', '::1'],
  ['2001:db8:0:1:aaaa::5', '2001:db8:0:1::/64'],
  ['2001:db8::5', '2001:db8:0:0::/64'],
  ['2001::6:7:8:9:a', '2001:0:0:6::/64'],
  ['2001:0DB8:0:0:1::', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s is in %s', (address, network) => {
  expect(callerNetwork(address)).toBe(network);
});
