import { describe, expect, it } from 'vitest';
import type { ExposedAddress, Exposure, NetworkAddress } from '#contracts/ui-serving.ts';
import { draftOf, interfaceChoices, isSameDraft } from './exposure-draft.ts';

const there = (name: string, address: string, over: Partial<NetworkAddress> = {}): NetworkAddress => ({
  interface: name,
  family: 'ipv4',
  address,
  kind: 'network',
  ...over,
});
const exposed = (...addresses: readonly ExposedAddress[]): Exposure => ({
  addresses,
  tokenRequired: false,
  isFixed: false,
});
const EN0 = { interface: 'en0', family: 'ipv4' } as const;

describe('interfaceChoices', () => {
  it('puts the addresses of one interface and family together, and virtual ones last', () => {
    const choices = interfaceChoices(
      [
        there('docker0', '172.17.0.1', { kind: 'virtual' }),
        there('en0', '192.168.1.20'),
        there('en0', 'fd00::20', { family: 'ipv6' }),
        there('en0', 'fd00::21', { family: 'ipv6' }),
      ],
      undefined,
    );
    expect(choices.map(({ interface: name, family, addresses }) => [name, family, ...addresses])).toEqual([
      ['en0', 'ipv4', '192.168.1.20'],
      ['en0', 'ipv6', 'fd00::20', 'fd00::21'],
      ['docker0', 'ipv4', '172.17.0.1'],
    ]);
  });

  it('keeps what was chosen and is not there any more, so that it can be taken away', () => {
    expect(interfaceChoices([], exposed(EN0))).toMatchObject([{ interface: 'en0', addresses: [] }]);
  });
});

describe('a draft', () => {
  it('asks for a token until somebody decides otherwise', () => {
    expect(draftOf(undefined)).toEqual({ reach: 'local', chosen: new Set(), tokenRequired: true });
    expect(draftOf(exposed(EN0))).toEqual({ reach: 'network', chosen: new Set(['ipv4 en0']), tokenRequired: false });
  });

  const saved = draftOf(exposed(EN0));
  it.each([
    { what: 'itself', other: saved, same: true },
    { what: 'the same without a token', other: { ...saved, tokenRequired: true }, same: false },
    { what: 'another network', other: { ...saved, chosen: new Set(['ipv6 en0']) }, same: false },
    { what: 'one more network', other: { ...saved, chosen: new Set(['ipv4 en0', 'ipv4 en1']) }, same: false },
    { what: 'this computer only', other: { ...saved, reach: 'local' } as const, same: false },
  ])('compared with $what: $same', ({ other, same }) => {
    expect(isSameDraft(saved, other)).toBe(same);
  });

  it('is the same whatever was chosen, where nothing is opened', () => {
    const local = draftOf(undefined);
    expect(isSameDraft(local, { ...local, chosen: new Set(['ipv4 en0']), tokenRequired: false })).toBe(true);
  });
});
