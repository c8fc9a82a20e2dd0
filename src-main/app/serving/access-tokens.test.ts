import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { createManualClock } from '../../core/testing/manual-clock.ts';
import { createAccessTokens } from './access-tokens.ts';
import type { StoredToken } from './serving-settings.ts';

function tokenShelf() {
  let stored: readonly StoredToken[] = [];
  const clock = createManualClock();
  const update = vi.fn<(change: (tokens: readonly StoredToken[]) => readonly StoredToken[]) => Promise<void>>(
    async (change) => void (stored = change(stored)),
  );
  const tokens = createAccessTokens({ stored: () => stored, update, clock });
  return { tokens, clock, update, stored: () => stored, list: () => tokens.board.current().tokens };
}

const NO_TOKEN = /^An access token is required at this address: send it/u;

describe('access tokens', () => {
  it('have 32 random bytes behind a prefix, and are kept as a digest only', async () => {
    const { tokens, stored, list } = tokenShelf();
    const { token, secret } = await tokens.create('laptop');
    expect(secret).toMatch(/^slipway_[\w-]{43}$/u);
    expect(stored()).toEqual([{ ...token, digest: createHash('sha256').update(secret).digest('hex') }]);
    expect(JSON.stringify([stored(), list(), token])).not.toContain(secret.slice(8));
  });

  it('let in who has one, and say when it was used', async () => {
    const { tokens, list } = tokenShelf();
    await tokens.create('first');
    const { token, secret } = await tokens.create('second');
    expect(list().map(({ lastUsedAtMs }) => lastUsedAtMs)).toEqual([undefined, undefined]);
    expect(tokens.access([`Bearer ${secret}`])).toBeUndefined();
    const used = list().filter(({ lastUsedAtMs }) => lastUsedAtMs !== undefined);
    expect(used.map(({ id }) => id)).toEqual([token.id]);
  });

  it('tell of their use while it goes on: at once, then every few seconds, and write nothing for it', async () => {
    const { tokens, clock, update, list } = tokenShelf();
    const onChange = vi.fn<() => void>();
    tokens.board.subscribe(onChange);
    const { secret } = await tokens.create('a');
    expect(onChange).toHaveBeenCalledTimes(1);
    const call = () => tokens.access([`Bearer ${secret}`]);
    call();
    await clock.advance(0);
    expect(onChange).toHaveBeenCalledTimes(2);
    for (let second = 0; second < 10; second += 1) {
      for (let calls = 0; calls < 100; calls += 1) call();
      await clock.advance(1000);
    }
    expect(onChange).toHaveBeenCalledTimes(4);
    const used = list()[0]?.lastUsedAtMs;
    // What came last is told too, and then there is silence.
    call();
    expect(list()[0]?.lastUsedAtMs).toBeGreaterThan(used ?? Infinity);
    await clock.advance(60_000);
    expect(onChange).toHaveBeenCalledTimes(5);
    expect(update).toHaveBeenCalledTimes(1);
    expect(clock.pendingSleeps).toBe(0);
  });

  it('tell nothing of callers that are turned away, or when the server ends', async () => {
    const { tokens, clock } = tokenShelf();
    const { secret } = await tokens.create('a');
    const onChange = vi.fn<() => void>();
    tokens.board.subscribe(onChange);
    tokens.access(['Bearer slipway_x']);
    await clock.advance(10_000);
    tokens.access([`Bearer ${secret}`]);
    tokens.close();
    await clock.advance(10_000);
    expect(onChange).not.toHaveBeenCalled();
  });

  it.each(['bearer', 'BEARER', 'Bearer '])('take the scheme as %j', async (scheme) => {
    const { tokens } = tokenShelf();
    const { secret } = await tokens.create('a');
    expect(tokens.access([`${scheme} ${secret}`])).toBeUndefined();
  });

  it.each([
    { when: 'there is no header', headers: () => [], message: NO_TOKEN, challenge: 'Bearer realm="slipway"' },
    {
      when: 'it is another one',
      headers: () => ['Bearer slipway_x'],
      message: /not valid/u,
      challenge: /invalid_token/u,
    },
    {
      when: 'one more letter',
      headers: (secret: string) => [`Bearer ${secret}x`],
      message: /not valid/u,
      challenge: /invalid_token/u,
    },
    {
      when: 'the scheme is another',
      headers: (secret: string) => [`Basic ${secret}`],
      message: /Exactly one/u,
      challenge: /invalid_request/u,
    },
    {
      when: 'no scheme',
      headers: (secret: string) => [secret],
      message: /Exactly one/u,
      challenge: /invalid_request/u,
    },
    {
      when: 'two headers',
      headers: (secret: string) => [`Bearer ${secret}`, `Bearer ${secret}`],
      message: /Exactly one/u,
      challenge: /invalid_request/u,
    },
    {
      when: 'two in one',
      headers: (secret: string) => [`Bearer ${secret}, Bearer ${secret}`],
      message: /Exactly one/u,
      challenge: /invalid_request/u,
    },
    { when: 'empty', headers: () => [''], message: /Exactly one/u, challenge: /invalid_request/u },
  ])('turn away when $when', async ({ headers, message, challenge }) => {
    const { tokens } = tokenShelf();
    const { secret } = await tokens.create('a');
    const refusal = tokens.access(headers(secret));
    expect(refusal?.message).toMatch(message);
    expect(refusal?.challenge).toMatch(challenge);
  });

  it('say what to do while there is none', () => {
    expect(tokenShelf().tokens.access(['Bearer x'])?.message).toMatch(/there is none: create one/u);
  });

  it('count no more from the moment they are revoked, and others still do', async () => {
    const { tokens } = tokenShelf();
    const [first, second] = [await tokens.create('first'), await tokens.create('second')];
    await tokens.revoke(first.token.id);
    expect(tokens.access([`Bearer ${first.secret}`])?.message).toMatch(/revoked/u);
    expect(tokens.access([`Bearer ${second.secret}`])).toBeUndefined();
    await expect(tokens.revoke(first.token.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('have names of their own', async () => {
    const { tokens } = tokenShelf();
    await tokens.create('a');
    await expect(tokens.create('a')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  });

  it('are a hundred at most', async () => {
    const { tokens } = tokenShelf();
    for (let index = 0; index < 100; index += 1) await tokens.create(`t${index}`);
    await expect(tokens.create('more')).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
  });
});
