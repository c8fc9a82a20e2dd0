import { describe, expect, it, vi } from 'vitest';
import { name } from '../testing/fixtures.ts';
import { CommandError, createCommands } from './commands.ts';

const answering = (body: unknown, status = 200) =>
  vi.fn<typeof fetch>(() => Promise.resolve(new Response(JSON.stringify(body), { status })));

describe('createCommands', () => {
  it('posts the request as JSON and parses the result', async () => {
    const send = answering({ added: ['a'] });
    const commands = createCommands(send, () => undefined);
    const models = [{ name: name('a'), basePath: '/m/a' }];
    await expect(commands.run('addModels', { models })).resolves.toEqual({ added: ['a'] });
    expect(send).toHaveBeenCalledWith(
      '/ui/commands/addModels',
      expect.objectContaining({ method: 'POST', body: JSON.stringify({ models }) }),
    );
  });

  it.each([
    ['the server refuses', answering({ code: 'ALREADY_EXISTS', message: 'taken' }, 409), 'ALREADY_EXISTS', 'taken'],
    ['the error has another form', answering('<html>', 502), 'UNKNOWN', 'The server answered with status 502.'],
    ['the result has another form', answering({ added: 1 }), 'INTERNAL', 'does not understand'],
    [
      'nothing answers',
      vi.fn<typeof fetch>(() => Promise.reject(new TypeError('Failed to fetch'))),
      'UNAVAILABLE',
      'does not answer',
    ],
  ])('fails with a code when %s', async (_, send, code, message) => {
    const failure = await createCommands(send, () => undefined)
      .run('addModels', { models: [{ name: name('a'), basePath: '/m/a' }] })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CommandError);
    expect(failure).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it('tells when the session is void', async () => {
    const onSignedOut = vi.fn<() => void>();
    await expect(createCommands(answering({}, 401), onSignedOut).run('pollNow', { name: name('a') })).rejects.toThrow(
      'status 401',
    );
    expect(onSignedOut).toHaveBeenCalledOnce();
  });
});
