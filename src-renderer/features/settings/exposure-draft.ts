import type { ExposedAddress, Exposure, NetworkAddress } from '#contracts/ui-serving.ts';

/** What somebody is about to choose; takes effect as a whole. */
export interface ExposureDraft {
  readonly reach: 'local' | 'network';
  /** Keys of the chosen interfaces, see {@link interfaceKey}. */
  readonly chosen: ReadonlySet<string>;
  readonly tokenRequired: boolean;
}

/** One interface in one family, with all its addresses; the server listens at all of them or at none. */
export interface InterfaceChoice {
  readonly key: string;
  readonly interface: string;
  readonly family: NetworkAddress['family'];
  /** Empty for one that was chosen and is not there any more. */
  readonly addresses: readonly string[];
  readonly isVirtual: boolean;
}

type Interface = Pick<ExposedAddress, 'interface' | 'family'>;

export const interfaceKey = ({ interface: name, family }: Interface): string => `${family} ${name}`;

/** What holds now, as a draft. Nothing exposed yet: with a token, until somebody decides otherwise. */
export function draftOf(exposure: Exposure | undefined): ExposureDraft {
  return {
    reach: exposure ? 'network' : 'local',
    chosen: new Set(exposure?.addresses.map((address) => interfaceKey(address))),
    tokenRequired: exposure?.tokenRequired ?? true,
  };
}

/** Whether both mean the same to the server. */
export function isSameDraft(left: ExposureDraft, right: ExposureDraft): boolean {
  if (left.reach === 'local' && right.reach === 'local') return true;
  return (
    left.reach === right.reach &&
    left.tokenRequired === right.tokenRequired &&
    left.chosen.size === right.chosen.size &&
    [...left.chosen].every((key) => right.chosen.has(key))
  );
}

/** The interfaces to choose from: those that there are, real ones first, and those that were chosen and are gone. */
export function interfaceChoices(
  there: readonly NetworkAddress[],
  exposure: Exposure | undefined,
): readonly InterfaceChoice[] {
  const choices = new Map<string, InterfaceChoice>();
  for (const each of there) {
    const key = interfaceKey(each);
    const known = choices.get(key)?.addresses ?? [];
    choices.set(key, {
      key,
      interface: each.interface,
      family: each.family,
      addresses: [...known, each.address],
      isVirtual: each.kind === 'virtual',
    });
  }
  for (const each of exposure?.addresses ?? []) {
    const key = interfaceKey(each);
    if (!choices.has(key))
      choices.set(key, { key, interface: each.interface, family: each.family, addresses: [], isVirtual: false });
  }
  return [...choices.values()].toSorted((a, b) => Number(a.isVirtual) - Number(b.isVirtual));
}
