import { Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createStrangers, type StrangersOptions } from './strangers.ts';

const opened: Socket[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy();
});

function setUp(options: StrangersOptions, localAddress = '192.168.1.2') {
  const strangers = createStrangers(options);
  let remotePort = 40_000;
  return (remoteAddress: string) => {
    remotePort += 1;
    const socket = Object.defineProperties(new Socket(), {
      localAddress: { value: localAddress },
      remoteAddress: { value: remoteAddress },
      remotePort: { value: remotePort },
    });
    opened.push(socket);
    strangers.arrived(socket);
    return { socket, letIn: () => strangers.letIn(socket), isOpen: () => !socket.destroyed };
  };
}

it('ends the oldest of an address that has too many, and nobody else', () => {
  const arrive = setUp({ maxPerAddress: 2 });
  const [other, first, second] = [arrive('192.168.1.3'), arrive('192.168.1.4'), arrive('192.168.1.4')];
  const third = arrive('192.168.1.4');
  expect([other, first, second, third].map((each) => each.isOpen())).toEqual([true, false, true, true]);
});

it('makes room at the cost of who has most', () => {
  const arrive = setUp({ max: 4 });
  const [early, ...many] = [arrive('192.168.1.3'), ...Array.from({ length: 3 }, () => arrive('192.168.1.4'))];
  const late = arrive('192.168.1.5');
  expect([early, ...many, late].map((each) => each.isOpen())).toEqual([true, false, true, true, true]);
});

it('leaves alone who was let in', () => {
  const arrive = setUp({ maxPerAddress: 2 });
  const known = Array.from({ length: 64 }, () => {
    const each = arrive('192.168.1.3');
    each.letIn();
    return each;
  });
  arrive('192.168.1.3');
  arrive('192.168.1.3');
  arrive('192.168.1.3');
  expect(known.every((each) => each.isOpen())).toBe(true);
});

it('takes a network of IPv6 for one caller, unless it is this computer’s own', () => {
  const arrive = setUp({ maxPerAddress: 1 }, '2001:db8:0:1::2');
  const [far, farToo] = [arrive('2001:db8:0:9::3'), arrive('2001:db8:0:9::4')];
  const [near, nearToo] = [arrive('2001:db8:0:1::3'), arrive('2001:db8:0:1::4')];
  expect([far, farToo, near, nearToo].map((each) => each.isOpen())).toEqual([false, true, true, true]);
});

it('has nothing to do with a connection that is gone already', () => {
  const arrive = setUp({ max: 1 });
  const known = arrive('192.168.1.3');
  createStrangers().arrived(new Socket());
  expect(known.isOpen()).toBe(true);
});
