import { describe, expect, it } from 'vitest';
import { callerNetwork, networkOf, prefixLengthOf } from './ip-network.ts';

describe('networkOf', () => {
  it.each([
    ['192.168.1.20', '255.255.255.0', '192.168.1.0/24'],
    ['10.77.5.9', '255.255.240.0', '10.77.0.0/20'],
    ['10.0.0.5', '255.255.255.255', '10.0.0.5/32'],
    ['10.0.0.5', '0.0.0.0', '0.0.0.0/0'],
    ['2001:db8:1:2:aaaa::9', 'ffff:ffff:ffff:ffff::', '2001:db8:1:2::/64'],
    ['2001:db8:1:2ff::9', 'ffff:ffff:ffff:fe00::', '2001:db8:1:200::/55'],
    ['2001:0:0:1::1', 'ffff:ffff:ffff:ffff:ffff::', '2001:0:0:1::/80'],
    ['2001:0:0:1:0:0:1:0', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2001::1:0:0:1:0/128'],
    ['1:0:3:4:5:6:7:8', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '1:0:3:4:5:6:7:8/128'],
    ['10::100:0:0:1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '10::100:0:0:1/128'],
    ['::1', '::', '::/0'],
    ['fd00::1', 'ffff:ffff:ffff::', 'fd00::/48'],
    ['fd00::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fd00::1/128'],
  ])('%s with %s: %s', (address, netmask, network) => {
    expect(networkOf(address, prefixLengthOf(netmask))).toBe(network);
  });
});

describe('callerNetwork', () => {
  it.each([
    ['192.168.1.20', '192.168.1.20'],
    ['::ffff:192.168.1.20', '192.168.1.20'],
    ['::1', '::1'],
    ['2001:db8:0:1:aaaa::5', '2001:db8:0:1::/64'],
    ['2001:db8::5', '2001:db8::/64'],
    ['2001::6:7:8:9:a', '2001:0:0:6::/64'],
    ['2001:0DB8:0:0:1::', '2001:db8::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b::/64'],
    ['', ''],
  ])('%s is in %s', (address, network) => {
    expect(callerNetwork(address)).toBe(network);
  });
});
