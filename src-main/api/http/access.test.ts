import { describe, expect, it } from 'vitest';
import { exceptFromThisComputer } from './access.ts';

describe('exceptFromThisComputer', () => {
  const refusal = { message: 'no', challenge: 'Bearer' };
  const access = exceptFromThisComputer(() => refusal);

  it.each([
    [{ localAddress: '127.0.0.1', remoteAddress: '127.0.0.1' }, undefined],
    [{ localAddress: '::ffff:127.0.0.1', remoteAddress: '::ffff:127.0.0.1' }, undefined],
    [{ localAddress: '::1', remoteAddress: '::1' }, undefined],
    [{ localAddress: '192.168.1.20', remoteAddress: '192.168.1.20' }, undefined],
    [{ localAddress: '192.168.1.20', remoteAddress: '192.168.1.21' }, refusal],
    [{ localAddress: '192.168.1.20', remoteAddress: '::ffff:192.168.127.1' }, refusal],
    [{ localAddress: undefined, remoteAddress: undefined }, refusal],
    [{}, refusal],
  ])('%j: %j', (ends, expected) => {
    expect(access([], ends)).toEqual(expected);
  });
});
