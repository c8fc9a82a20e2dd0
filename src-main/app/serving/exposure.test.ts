import { describe, expect, it } from 'vitest';
import type { NetworkAddress } from '../../contracts/ui-serving.ts';
import {
  addressesOf,
  addressesOfHost,
  type AddressState,
  exposedAddresses,
  systemNetworkAddresses,
} from './exposure.ts';

const lan = (address: string, over: Partial<NetworkAddress> = {}): NetworkAddress => ({
  interface: 'en0',
  family: 'ipv4',
  kind: 'network',
  address,
  ...over,
});
const PRESENT = [
  lan('192.168.1.20'),
  lan('fd00::1', { family: 'ipv6' }),
  lan('fd00::2', { family: 'ipv6' }),
  lan('10.0.0.5', { interface: 'utun3', kind: 'virtual' }),
];
const closed = (): AddressState => ({ kind: 'closed' });

describe('addressesOf', () => {
  it.each([
    { interfaces: [], addresses: [] },
    { interfaces: [{ interface: 'en0', family: 'ipv4' }], addresses: ['192.168.1.20'] },
    { interfaces: [{ interface: 'en0', family: 'ipv6' }], addresses: ['fd00::1', 'fd00::2'] },
    { interfaces: [{ interface: 'en1', family: 'ipv4' }], addresses: [] },
  ] as const)('$interfaces: $addresses', ({ interfaces, addresses }) => {
    expect(addressesOf(interfaces, PRESENT)).toEqual(addresses);
  });
});

describe('exposedAddresses', () => {
  const en0 = { interface: 'en0', family: 'ipv4' } as const;

  it('says where models are called, once that is open', () => {
    const state: AddressState = { kind: 'open', restUrl: 'http://192.168.1.20:8501', grpcAddress: '192.168.1.20:8500' };
    const { kind: _kind, ...open } = state;
    expect(exposedAddresses([en0], PRESENT, () => state)).toEqual([{ ...en0, address: '192.168.1.20', ...open }]);
    expect(exposedAddresses([en0], PRESENT, closed)).toEqual([{ ...en0, address: '192.168.1.20' }]);
  });

  it('says why it is not open', () => {
    const failed: AddressState = { kind: 'failed', problem: 'port 8501 is taken' };
    expect(exposedAddresses([en0], PRESENT, () => failed)).toMatchObject([{ problem: 'port 8501 is taken' }]);
  });

  it.each([
    [{ interface: 'utun3', family: 'ipv6' }, 'utun3 has no IPv6 address now'],
    [{ interface: 'en7', family: 'ipv4' }, 'en7 is not connected now'],
  ] as const)('%j: %s', (each, problem) => {
    expect(exposedAddresses([each], PRESENT, closed)).toEqual([{ ...each, problem }]);
  });
});

describe('addressesOfHost', () => {
  it.each([
    ['127.0.0.1', undefined, undefined],
    ['localhost', undefined, undefined],
    ['::1', undefined, undefined],
    ['my-laptop', '127.0.1.1', undefined],
    ['0.0.0.0', '0.0.0.0', ['192.168.1.20', '10.0.0.5']],
    ['::', '::', ['192.168.1.20', 'fd00::1', 'fd00::2', '10.0.0.5']],
    ['192.168.1.20', undefined, ['192.168.1.20']],
    ['my-laptop', '10.0.0.5', ['10.0.0.5']],
    ['my-laptop', undefined, [undefined]],
  ])('%s, which is %s: %j', (host, bound, addresses) => {
    const exposed = addressesOfHost(host, bound, PRESENT, closed);
    expect(exposed?.map(({ address }) => address)).toEqual(addresses);
  });
});

describe('systemNetworkAddresses', () => {
  it('lists nothing that only this computer reaches', () => {
    for (const { address } of systemNetworkAddresses()) expect(address).not.toMatch(/^(?:127\.|::1$|fe80:)/u);
  });
});
