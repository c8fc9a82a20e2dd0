import { expect, it } from 'vitest';
import type { RefusedCall } from '../../contracts/request-outcome.ts';
import { RefusedCalls } from '../../contracts/ui-traffic.ts';
import { RefusedCallsTally } from './refused-calls.ts';

const START = 1_700_000_000_000;
const HOUR = 60 * 60_000;

const refused = (change: Partial<RefusedCall> = {}): RefusedCall => ({
  entrypoint: 'REST',
  code: 'UNAUTHENTICATED',
  address: '192.168.1.20',
  reason: 'no token',
  ...change,
});

it('is empty before the first', () => {
  const tally = new RefusedCallsTally();
  expect(tally.summary()).toBeUndefined();
  expect(tally.list()).toEqual([]);
});

it('counts by address, way and reason, the newest first', () => {
  const tally = new RefusedCallsTally();
  tally.count(refused(), START);
  tally.count(refused({ reason: 'unknown token' }), START + 5);
  tally.count(refused({ entrypoint: 'GRPC' }), START + 1);
  tally.count(refused({ code: 'PERMISSION_DENIED' }), START + 2);
  tally.count(refused({ address: '10.0.0.1' }), START + 9);
  expect(tally.summary()).toEqual({ count: 5, lastMs: START + 9 });
  const list = RefusedCalls.array().parse(tally.list());
  expect(list.map(({ lastMs }) => lastMs - START)).toEqual([9, 5, 2, 1]);
  expect(list[1]).toEqual({
    address: '192.168.1.20',
    entrypoint: 'REST',
    code: 'UNAUTHENTICATED',
    reason: 'unknown token',
    count: 2,
    firstMs: START,
    lastMs: START + 5,
  });
});

it.each([
  ['::ffff:192.168.1.20', '192.168.1.20'],
  ['::1', '::1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8::/64'],
  ['fe80::1%eth0', 'fe80::/64'],
])('knows %s as %s', (address, shown) => {
  const tally = new RefusedCallsTally();
  tally.count(refused({ address }), START);
  expect(tally.list()).toMatchObject([{ address: shown, count: 1 }]);
});

it('does not grow by the addresses that a stranger has, and keeps whom it knew before', () => {
  const tally = new RefusedCallsTally();
  tally.count(refused({ address: '192.168.1.20' }), START);
  for (let at = 0; at < 5000; at += 1)
    tally.count(refused({ address: `10.0.${Math.floor(at / 250)}.${at % 250}` }), START + 1);
  const list = tally.list();
  expect(list).toHaveLength(101);
  expect(list.find(({ address }) => address === '192.168.1.20')?.count).toBe(1);
  expect(list.find(({ address }) => address === undefined)?.count).toBe(5001 - 100);
  expect(tally.summary()?.count).toBe(5001);
});

it('gives the place of an address that was quiet for an hour to another, and loses no call', () => {
  const tally = new RefusedCallsTally();
  for (let at = 0; at < 100; at += 1) tally.count(refused({ address: `10.0.0.${at}` }), START);
  tally.count(refused({ address: '10.0.0.1' }), START + HOUR);
  tally.count(refused({ address: '10.9.9.9' }), START + HOUR + 1);
  const list = tally.list();
  expect(list).toHaveLength(101);
  expect(list[0]).toMatchObject({ address: '10.9.9.9', count: 1 });
  expect(list.find(({ address }) => address === undefined)).toMatchObject({ count: 1, firstMs: START, lastMs: START });
  expect(list.find(({ address }) => address === '10.0.0.0')).toBeUndefined();
});

it('counts those of whom no address is known', () => {
  const tally = new RefusedCallsTally();
  tally.count(refused({ address: undefined }), START);
  expect(tally.list()).toMatchObject([{ count: 1 }]);
  expect(tally.list()[0]).not.toHaveProperty('address');
});

it('forgets', () => {
  const tally = new RefusedCallsTally();
  tally.count(refused(), START);
  tally.clear();
  expect(tally.summary()).toBeUndefined();
  expect(tally.list()).toEqual([]);
});
