import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAccessTokens } from './access-tokens.ts';
import type { StoredToken } from './serving-settings.ts';

function tokenShelf() {
  let stored: readonly StoredToken[] = [];
  let nowMs = 1000;
  const tokens = createAccessTokens({
    stored: () => stored,
    update: async (change) => void (stored = change(stored)),
    now: () => (nowMs += 1),
  });
  return { tokens, stored: () => stored };
}

const NO_TOKEN = /^An access token is required at this address: send it/u;

describe('access tokens', () => {
  it('have 32 random bytes behind a prefix, and are kept as a digest only', async () => {
    const { tokens, stored } = tokenShelf();
    const { token, secret } = await tokens.create('laptop');
    expect(secret).toMatch(/^slipway_[\w-]{43}$/u);
    expect(stored()).toEqual([{ ...token, digest: createHash('sha256').update(secret).digest('hex') }]);
    expect(JSON.stringify([stored(), tokens.list(), token])).not.toContain(secret.slice(8));
  });

  it('let in who has one, and say when it was used', async () => {
    const { tokens } = tokenShelf();
    await tokens.create('first');
    const { token, secret } = await tokens.create('second');
    expect(tokens.list().map(({ lastUsedAtMs }) => lastUsedAtMs)).toEqual([undefined, undefined]);
    expect(tokens.access([`Bearer ${secret}`])).toBeUndefined();
    const used = tokens.list().filter(({ lastUsedAtMs }) => lastUsedAtMs !== undefined);
    expect(used.map(({ id }) => id)).toEqual([token.id]);
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
