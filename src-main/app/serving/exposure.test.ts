import { describe, expect, it } from 'vitest';
import {
  addressesOf,
  addressesOfHost,
  type AddressState,
  type ChosenNetwork,
  exposedAddresses,
  networksOf,
  type PresentAddress,
  systemNetworkAddresses,
} from './exposure.ts';

const lan = (address: string, over: Partial<PresentAddress> = {}): PresentAddress => ({
  interface: 'en0',
  family: 'ipv4',
  kind: 'network',
  address,
  network: '192.168.1.0/24',
  ...over,
});
const PRESENT = [
  lan('192.168.1.20'),
  lan('fd00::1', { family: 'ipv6', network: 'fd00::/64' }),
  lan('fd00::2', { family: 'ipv6', network: 'fd00::/64' }),
  lan('10.0.0.5', { interface: 'utun3', kind: 'virtual', network: '10.0.0.5/32' }),
];
/** As everything is now. */
const CHOSEN: readonly ChosenNetwork[] = PRESENT;
const closed = (): AddressState => ({ kind: 'closed' });

describe('addressesOf', () => {
  it.each([
    { interfaces: [], addresses: [] },
    { interfaces: [{ interface: 'en0', family: 'ipv4' }], addresses: ['192.168.1.20'] },
    { interfaces: [{ interface: 'en0', family: 'ipv6' }], addresses: ['fd00::1', 'fd00::2'] },
    { interfaces: [{ interface: 'en1', family: 'ipv4' }], addresses: [] },
  ] as const)('$interfaces: $addresses', ({ interfaces, addresses }) => {
    expect(addressesOf(interfaces, CHOSEN, PRESENT)).toEqual(addresses);
  });
});

describe('in another network', () => {
  const en0 = { interface: 'en0', family: 'ipv4' } as const;
  const moved = [lan('10.1.2.3', { network: '10.1.0.0/16' })];

  it('nothing is exposed, and the reason is told', () => {
    expect(addressesOf([en0], CHOSEN, moved)).toEqual([]);
    expect(exposedAddresses([en0], CHOSEN, moved, closed)).toEqual([
      {
        ...en0,
        address: '10.1.2.3',
        isOtherNetwork: true,
        problem: 'en0 is in another network (10.1.0.0/16) than the one that you exposed it to',
      },
    ]);
  });

  it('another address of the same network is no other network', () => {
    expect(addressesOf([en0], CHOSEN, [lan('192.168.1.77')])).toEqual(['192.168.1.77']);
  });

  it('the networks are those of now, and of an interface that is nowhere, those of before', () => {
    const [there, here] = [
      { ...en0, network: '192.168.1.0/24' },
      { ...en0, network: '10.1.0.0/16' },
    ];
    expect(networksOf([en0], moved, [], false)).toEqual([here]);
    expect(networksOf([en0], moved, CHOSEN, true)).toEqual([here]);
    // Another change of what is exposed is no yes to the network that it has come into.
    expect(networksOf([en0], moved, CHOSEN, false)).toEqual([there]);
    expect(networksOf([en0], [], CHOSEN, true)).toEqual([there]);
    expect(networksOf([en0], [], [], false)).toEqual([]);
  });
});

describe('exposedAddresses', () => {
  const en0 = { interface: 'en0', family: 'ipv4' } as const;

  it('says where models are called, once that is open', () => {
    const state: AddressState = { kind: 'open', restUrl: 'http://192.168.1.20:8501', grpcAddress: '192.168.1.20:8500' };
    const { kind: _kind, ...open } = state;
    expect(exposedAddresses([en0], CHOSEN, PRESENT, () => state)).toEqual([
      { ...en0, address: '192.168.1.20', ...open },
    ]);
    expect(exposedAddresses([en0], CHOSEN, PRESENT, closed)).toEqual([{ ...en0, address: '192.168.1.20' }]);
  });

  it('says why it is not open', () => {
    const failed: AddressState = { kind: 'failed', problem: 'port 8501 is taken' };
    expect(exposedAddresses([en0], CHOSEN, PRESENT, () => failed)).toMatchObject([{ problem: 'port 8501 is taken' }]);
  });

  it.each([
    [{ interface: 'utun3', family: 'ipv6' }, 'utun3 has no IPv6 address now'],
    [{ interface: 'en7', family: 'ipv4' }, 'en7 is not connected now'],
  ] as const)('%j: %s', (each, problem) => {
    expect(exposedAddresses([each], CHOSEN, PRESENT, closed)).toEqual([{ ...each, problem }]);
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
    for (const { address, network } of systemNetworkAddresses()) {
      expect(network).toMatch(/\/\d+$/u);
      expect(address).not.toMatch(/^(?:127\.|::1$|fe80:)/u);
    }
  });
});
