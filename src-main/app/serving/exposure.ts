import { networkInterfaces } from 'node:os';
import { isLoopbackHost } from '../../api/http/url-host.ts';
import type { ExposedAddress, NetworkAddress } from '../../contracts/ui-serving.ts';

/** Lists the addresses of this computer that others may reach. */
export type ListNetworkAddresses = () => readonly NetworkAddress[];

/** An interface to listen at, by all addresses that it has of the family. */
export type ExposedInterface = Pick<NetworkAddress, 'interface' | 'family'>;

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
export function systemNetworkAddresses(): readonly NetworkAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ internal, family, address }) => !internal && !(family === 'IPv6' && /^fe[89ab]/iu.test(address)))
      .map(({ family, address }) => ({
        interface: name,
        family: family === 'IPv6' ? ('ipv6' as const) : ('ipv4' as const),
        address,
        kind: VIRTUAL.test(name) ? ('virtual' as const) : ('network' as const),
      })),
  );
}

/** What is known of an address at which to listen. */
export type AddressState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly restUrl: string; readonly grpcAddress: string | undefined }
  | { readonly kind: 'failed'; readonly problem: string };

/** The addresses of the interfaces, each once. */
export function addressesOf(
  interfaces: readonly ExposedInterface[],
  present: readonly NetworkAddress[],
): readonly string[] {
  const wanted = present.filter((address) => interfaces.some((each) => isOf(address, each)));
  return [...new Set(wanted.map(({ address }) => address))];
}

/** Each interface with all its addresses, or with the reason why it has none. */
export function exposedAddresses(
  interfaces: readonly ExposedInterface[],
  present: readonly NetworkAddress[],
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
    return own.map(({ address }) => ({ interface: name, family, address, ...shown(stateOf(address)) }));
  });
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

function isOf(address: NetworkAddress, { interface: name, family }: ExposedInterface): boolean {
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
