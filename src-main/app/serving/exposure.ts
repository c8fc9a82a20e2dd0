import { networkInterfaces } from 'node:os';
import { networkOf, prefixLengthOf } from '../../contracts/ip-network.ts';
import { isLoopbackHost } from '../../contracts/loopback-host.ts';
import type { ExposedAddress, NetworkAddress } from '../../contracts/ui-serving.ts';

/** An address of this computer, and the network that it is in. */
export interface PresentAddress extends NetworkAddress {
  /** `192.168.1.0/24`, `fd00::/64`. Where it changes, there are other people. */
  readonly network: string;
}

/** Lists the addresses of this computer that others may reach. */
export type ListNetworkAddresses = () => readonly PresentAddress[];

/** An interface to listen at, by all addresses that it has of the family in the networks that it was chosen in. */
export type ExposedInterface = Pick<NetworkAddress, 'interface' | 'family'>;

/** Where an interface was when it was chosen. */
export type ChosenNetwork = Pick<PresentAddress, 'interface' | 'family' | 'network'>;

/**
 * Names that tunnels, container networks and virtual machines give to their interfaces on Linux, macOS and Windows. On a Mac
 * `bridge100` and up belong to virtual machines.
 */
const VIRTUAL =
  /^(?:docker|br-|veth|virbr|vmnet|vboxnet|vnet|utun|tun|tap|wg|tailscale|zt|cni|flannel|cali|lxc|lxd|podman|bridge1\d\d|awdl|llw|ipsec|ppp|vEthernet|VirtualBox|VMware|Hyper-V|Tailscale|WireGuard|OpenVPN)/iu;

/**
 * As the system has them now. Left out: what only this computer reaches, and addresses that mean nothing without the name of
 * an interface (link-local ones of IPv6).
 */
export function systemNetworkAddresses(): readonly PresentAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ internal, family, address }) => !internal && !(family === 'IPv6' && /^fe[89ab]/iu.test(address)))
      .map(({ family, address, netmask }) => ({
        interface: name,
        family: family === 'IPv6' ? ('ipv6' as const) : ('ipv4' as const),
        address,
        network: networkOf(address, prefixLengthOf(netmask)),
        kind: VIRTUAL.test(name) ? ('virtual' as const) : ('network' as const),
      })),
  );
}

/** What is known of an address at which to listen. */
export type AddressState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly restUrl: string; readonly grpcAddress: string | undefined }
  | { readonly kind: 'failed'; readonly problem: string };

/**
 * Where the interfaces may be reached: where each is now, if it was not chosen before or is to be accepted where it is; else
 * where it was when it was chosen.
 */
export function networksOf(
  interfaces: readonly ExposedInterface[],
  present: readonly PresentAddress[],
  before: readonly ChosenNetwork[],
  isAccepted: boolean,
): readonly ChosenNetwork[] {
  const networks = interfaces.flatMap((each) => {
    const now = present.filter((address) => isOf(address, each));
    const known = before.filter((network) => isOf(network, each));
    return now.length > 0 && (isAccepted || known.length === 0) ? now : known;
  });
  const distinct = new Map(
    networks.map(({ interface: name, family, network }) => [
      `${family} ${name} ${network}`,
      { interface: name, family, network },
    ]),
  );
  return [...distinct.values()];
}

/** The addresses of the interfaces in the networks that they were chosen in, each once. */
export function addressesOf(
  interfaces: readonly ExposedInterface[],
  networks: readonly ChosenNetwork[],
  present: readonly PresentAddress[],
): readonly string[] {
  const wanted = present.filter(
    (address) => interfaces.some((each) => isOf(address, each)) && isWhereChosen(address, networks),
  );
  return [...new Set(wanted.map(({ address }) => address))];
}

/** Each interface with all its addresses, or with the reason why it has none. */
export function exposedAddresses(
  interfaces: readonly ExposedInterface[],
  networks: readonly ChosenNetwork[],
  present: readonly PresentAddress[],
  stateOf: (address: string) => AddressState,
): readonly ExposedAddress[] {
  return interfaces.flatMap((each): ExposedAddress[] => {
    const { interface: name, family } = each;
    const own = present.filter((address) => isOf(address, each));
    if (own.length === 0) {
      const problem = present.some((address) => address.interface === name)
        ? `${name} has no ${FAMILY[family]} address now`
        : `${name} is not connected now`;
      return [{ interface: name, family, problem }];
    }
    return own.map((address): ExposedAddress => {
      const known = { interface: name, family, address: address.address };
      if (isWhereChosen(address, networks)) return { ...known, ...shown(stateOf(address.address)) };
      const problem = `${name} is in another network (${address.network}) than the one that you exposed it to`;
      return { ...known, isOtherNetwork: true, problem };
    });
  });
}

function isWhereChosen(address: PresentAddress, networks: readonly ChosenNetwork[]): boolean {
  return networks.some((each) => isOf(address, each) && each.network === address.network);
}

/**
 * What `--host` exposes: undefined for this computer alone. A wildcard exposes every address of its family.
 * @param host as it was given.
 * @param bound the address that it stands for, once that is known.
 */
export function addressesOfHost(
  host: string,
  bound: string | undefined,
  present: readonly NetworkAddress[],
  state: (address: string) => AddressState,
): readonly ExposedAddress[] | undefined {
  if (isLoopbackHost(bound ?? host)) return undefined;
  const exact = bound ?? host;
  const reached = present.filter(
    ({ address, family }) => exact === '::' || (exact === '0.0.0.0' && family === 'ipv4') || address === exact,
  );
  if (reached.length === 0)
    return [{ interface: host, family: exact.includes(':') ? 'ipv6' : 'ipv4', ...shown(state(exact)) }];
  return reached.map(({ interface: name, family, address }) => ({
    interface: name,
    family,
    address,
    ...shown(state(address)),
  }));
}

const FAMILY = { ipv4: 'IPv4', ipv6: 'IPv6' } as const;

function isOf(address: ExposedInterface, { interface: name, family }: ExposedInterface): boolean {
  return address.interface === name && address.family === family;
}

function shown(state: AddressState): Pick<ExposedAddress, 'restUrl' | 'grpcAddress' | 'problem'> {
  switch (state.kind) {
    case 'closed':
      return {};
    case 'open':
      return { restUrl: state.restUrl, ...(state.grpcAddress !== undefined && { grpcAddress: state.grpcAddress }) };
    case 'failed':
      return { problem: state.problem };
    default:
      return state satisfies never;
  }
}
