import { act, cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Command } from '../../stores/commands.ts';
import {
  modelInfo,
  modelMessage,
  modelView,
  NOW_MS,
  tensor,
  unloadedVersion,
  versionView,
} from '../../testing/fixtures.ts';
import { openPage } from '../../testing/open-page.tsx';
import { fakeCommands } from '../../testing/services.ts';
import { keyAction } from './key-action.ts';

afterEach(cleanup);

const info = modelInfo([tensor('x', 'float32', ['batch'])], [tensor('scores', 'float32', ['batch', 3])]);
const model = modelView('m', [versionView('2', { info }), versionView('1', { info })]);
const answer = (body: string, version: string): Promise<Response> =>
  Promise.resolve(new Response(body, { headers: { 'Slipway-Model-Version': version } }));

/** The screen is loaded when it is first shown, which takes its time; the tests are about what comes then. */
beforeAll(async () => {
  openPage('/play?model=m', [model]);
  await screen.findByRole('button', { name: 'Send' }, { timeout: 20_000 });
  cleanup();
});

describe('the playground', () => {
  it('shows probabilities as bars with the labels of the model, and keeps the request', async () => {
    const addPlayHistory = vi.fn<Command<'addPlayHistory'>>(() => Promise.resolve({ id: 'a' }));
    openPage('/play?model=m', [model], {
      fetch: () => answer('{"predictions": [[0.1, 0.7, 0.2]]}', '2'),
      commands: fakeCommands({
        addPlayHistory,
        readLabels: () => Promise.resolve({ text: 'ant\nbee\ncat' }),
      }),
    });
    await userEvent.click(await screen.findByRole('button', { name: 'Send' }));
    const output = await screen.findByRole('region', { name: 'Output scores' });
    expect(
      within(output)
        .getAllByRole('listitem')
        .map((row) => row.textContent),
    ).toEqual(['bee0.7000', 'cat0.2000', 'ant0.1000']);
    expect(addPlayHistory.mock.calls[0]?.[0]).toMatchObject({
      model: 'm',
      version: '2',
      status: 200,
      response: '{"predictions": [[0.1, 0.7, 0.2]]}',
    });
  });

  it('asks the other version the same, and tells what differs', async () => {
    openPage('/play?model=m&version=1&compare=2', [model], {
      fetch: (url) => {
        const first = String(url instanceof Request ? url.url : url).includes('/versions/1');
        return answer(first ? '{"predictions": [[1, 2, 4]]}' : '{"predictions": [[1, 2, 5]]}', first ? '1' : '2');
      },
      commands: fakeCommands({ addPlayHistory: () => Promise.resolve({ id: 'a' }) }),
    });
    await userEvent.click(await screen.findByRole('button', { name: 'Send' }));
    const comparison = await screen.findByRole('region', { name: 'Comparison' });
    expect(within(comparison).getByText('1 of 3 values differ')).toBeDefined();
    const rows = within(comparison).getAllByRole('row');
    expect(rows.at(-1)?.textContent).toBe('0, 245125 %');
  });

  it.each([
    { of: 'numbers', dims: ['batch', 4], seeds: 1 },
    { of: 'a picture', dims: ['batch', 3, 8, 8], seeds: 0 },
  ])('asks $seeds times for a random seed where the input is $of', async ({ dims, seeds }) => {
    const signature = modelInfo([tensor('x', 'float32', dims)], [tensor('y', 'float32', ['batch', 2])]);
    openPage('/play?model=m', [modelView('m', [versionView('1', { info: signature })])]);
    await screen.findByRole('button', { name: 'Send' });
    expect(screen.getByLabelText('batch')).toBeDefined();
    expect(screen.queryAllByLabelText('random seed')).toHaveLength(seeds);
  });

  it('says of an answer that the request was changed since, until it is as it was', async () => {
    openPage('/play?model=m', [model], {
      fetch: () => answer('{"predictions": [[1, 2, 4]]}', '1'),
      commands: fakeCommands({ addPlayHistory: () => Promise.resolve({ id: 'a' }) }),
    });
    await userEvent.click(await screen.findByRole('button', { name: 'Send' }));
    await screen.findByText('200 OK');
    const told = () => screen.queryByText('This answers the request as it was before your changes.');
    expect(told()).toBeNull();
    const field = screen.getByRole<HTMLInputElement>('textbox', { name: 'x[0]' });
    const { value } = field;
    fireEvent.change(field, { target: { value: '12' } });
    expect(told()).not.toBeNull();
    fireEvent.change(field, { target: { value } });
    expect(told()).toBeNull();
  });

  it('asks both versions anew where the other is chosen after the answer came', async () => {
    const asked: string[] = [];
    openPage('/play?model=m&version=1', [modelView('m', [versionView('2', { info }), versionView('1', { info })])], {
      fetch: (url) => {
        const version = String(url instanceof Request ? url.url : url).includes('/versions/1') ? '1' : '2';
        asked.push(version);
        return answer('{"predictions": [[1, 2, 4]]}', version);
      },
      commands: fakeCommands({ addPlayHistory: () => Promise.resolve({ id: 'a' }) }),
    });
    await userEvent.click(await screen.findByRole('button', { name: 'Send' }));
    await screen.findByText('200 OK');
    window.location.hash = '/play?model=m&version=1&compare=2';
    await screen.findByRole('region', { name: 'Comparison' });
    expect(asked).toEqual(['1', '1', '2']);
  });

  it('fills an input anew from a preset, half-typed fields included', async () => {
    openPage('/play?model=m', [model], {
      commands: fakeCommands({
        listPresets: () =>
          Promise.resolve({ presets: [{ place: 'model', name: 'seven', sizeBytes: 9 }], canWriteToModel: false }),
        readPreset: () => Promise.resolve({ body: '{"instances": [7]}' }),
      }),
    });
    fireEvent.change(await screen.findByRole('textbox', { name: 'x[0]' }), { target: { value: '1e' } });
    await userEvent.click(screen.getByRole('button', { name: 'Presets' }));
    await userEvent.click(await screen.findByRole('button', { name: 'seven' }));
    expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'x[0]' }).value).toBe('7');
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Send' }).disabled).toBe(false);
  });

  it('fills in the requests from the folder of the model, one after the other', async () => {
    const names = ['one', 'two'];
    openPage('/play?model=m', [model], {
      commands: fakeCommands({
        listPresets: () =>
          Promise.resolve({
            presets: [
              ...names.map((name) => ({ place: 'model' as const, name, sizeBytes: 9 })),
              { place: 'private', name: 'mine', sizeBytes: 9 },
            ],
            canWriteToModel: false,
          }),
        readPreset: ({ name }) => Promise.resolve({ body: `{"instances": [${names.indexOf(name) + 1}]}` }),
      }),
    });
    const field = (): HTMLInputElement => screen.getByRole<HTMLInputElement>('textbox', { name: 'x[0]' });
    for (const value of ['1', '2', '1']) {
      await userEvent.click(await screen.findByRole('button', { name: 'Example' }));
      expect(field().value).toBe(value);
    }
  });

  it('gives back the draft that a preset took the place of', async () => {
    openPage('/play?model=m', [model], {
      commands: fakeCommands({
        listPresets: () =>
          Promise.resolve({ presets: [{ place: 'model', name: 'seven', sizeBytes: 9 }], canWriteToModel: false }),
        readPreset: () => Promise.resolve({ body: '{"instances": [7]}' }),
      }),
    });
    const field = (): HTMLInputElement => screen.getByRole<HTMLInputElement>('textbox', { name: 'x[0]' });
    fireEvent.change(await screen.findByRole('textbox', { name: 'x[0]' }), { target: { value: '12' } });
    await userEvent.click(screen.getByRole('button', { name: 'Presets' }));
    await userEvent.click(await screen.findByRole('button', { name: 'seven' }));
    expect(field().value).toBe('7');
    await userEvent.click(screen.getByRole('button', { name: 'Undo' }));
    expect(field().value).toBe('12');
  });

  it('sends when the version is available, wherever the user is by then', async () => {
    const loading = unloadedVersion('3', 'loading', { sinceMs: NOW_MS });
    const sent: unknown[] = [];
    const services = openPage('/play?model=m&version=3', [modelView('m', [loading, versionView('2', { info })])], {
      fetch: (url, init) => {
        sent.push(init?.body);
        return answer('{"predictions": [[1, 2, 3]]}', '3');
      },
      commands: fakeCommands({ addPlayHistory: () => Promise.resolve({ id: 'a' }) }),
    });
    fireEvent.change(await screen.findByRole('textbox', { name: 'x[0]' }), { target: { value: '8' } });
    await userEvent.click(screen.getByRole('button', { name: 'Send when available' }));
    expect(screen.getByText(/^Waiting for v3/u)).toBeDefined();
    // The button that was pressed has the focus still, which a disabled one would lose.
    expect(screen.getByRole('button', { name: 'Send' }).getAttribute('aria-disabled')).toBe('true');
    // It is another request from here on.
    fireEvent.change(screen.getByRole('textbox', { name: 'x[0]' }), { target: { value: '9' } });
    act(() => {
      window.location.hash = '/models';
    });
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Send' })).toBeNull());
    act(() => {
      services.server.getState().received(modelMessage(2, modelView('m', [versionView('3', { info })])), NOW_MS);
    });
    await screen.findByText('v3 of m is available: your request is on its way.');
    await waitFor(() => expect(services.play.getState().sends['m']).toMatchObject({ status: 200, version: '3' }));
    expect(sent).toEqual(['{"instances": [8, 2.0, 5.0]}']);
  });

  it('gives up a request whose version will not come, and keeps the draft', async () => {
    const loading = unloadedVersion('3', 'loading', { sinceMs: NOW_MS });
    const services = openPage('/play?model=m&version=3', [modelView('m', [loading, versionView('2', { info })])]);
    await userEvent.click(await screen.findByRole('button', { name: 'Send when available' }));
    const error = { code: 'INVALID_ARGUMENT', message: 'model.onnx is cut short' };
    act(() => {
      services.server
        .getState()
        .received(
          modelMessage(2, modelView('m', [unloadedVersion('3', 'end', { error }), versionView('2', { info })])),
          NOW_MS,
        );
    });
    expect(await screen.findByText('v3 could not be loaded: model.onnx is cut short')).toBeDefined();
    expect(screen.getByRole('textbox', { name: 'x[0]' })).toBeDefined();
  });

  it('says that serving is stopped, and starts it', async () => {
    const startServing = vi.fn<Command<'startServing'>>(() => Promise.resolve({}));
    const services = openPage('/play?model=m', [model], { commands: fakeCommands({ startServing }) });
    const { server } = services.server.getState();
    if (!server) throw new Error('the page has no server');
    act(() => {
      services.server
        .getState()
        .received(
          { kind: 'server', sequence: 2, server: { ...server, serving: { ...server.serving, state: 'stopped' } } },
          NOW_MS,
        );
    });
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Send' }).disabled).toBe(true);
    const request = within(screen.getByRole('region', { name: 'Request' }));
    await userEvent.click(request.getByRole('button', { name: 'Start serving' }));
    expect(startServing).toHaveBeenCalledOnce();
  });

  it('keeps the form of a version that is loading, and says what Send waits for', async () => {
    const loading = unloadedVersion('3', 'loading', { sinceMs: NOW_MS });
    openPage('/play?model=m&version=3', [modelView('m', [loading, versionView('2', { info })])]);
    expect(await screen.findByText(/^Waits for v3/u)).toBeDefined();
    expect(screen.getByRole('textbox', { name: 'x[0]' })).toBeDefined();
  });
});

describe('keys', () => {
  const plain = { key: '', code: '', ctrlKey: false, metaKey: false, shiftKey: false, altKey: false };
  it.each([
    ['Ctrl+Enter', { key: 'Enter', ctrlKey: true }, 'send'],
    ['Cmd+Shift+Enter', { key: 'Enter', metaKey: true, shiftKey: true }, 'sendMany'],
    ['Ctrl+S', { key: 's', ctrlKey: true }, 'savePreset'],
    ['Alt+1', { code: 'Digit1', altKey: true }, 'form'],
    ['Alt+2', { code: 'Digit2', altKey: true }, 'json'],
    ['Alt+Left', { code: 'ArrowLeft', altKey: true }, 'older'],
    ['Alt+Right', { code: 'ArrowRight', altKey: true }, 'newer'],
    ['Enter', { key: 'Enter' }, undefined],
    ['AltGr+2', { code: 'Digit2', altKey: true, ctrlKey: true }, undefined],
  ])('%s', (_, event, expected) => {
    const names = ['send', 'sendMany', 'savePreset', 'form', 'json', 'older', 'newer'] as const;
    let called: string | undefined;
    const [send, sendMany, savePreset, form, json, older, newer] = names.map((name) => () => {
      called = name;
    });
    const none = (): void => undefined;
    keyAction(
      { ...plain, ...event },
      {
        send: send ?? none,
        sendMany: sendMany ?? none,
        savePreset: savePreset ?? none,
        form: form ?? none,
        json: json ?? none,
        older: older ?? none,
        newer: newer ?? none,
      },
    )?.();
    expect(called).toBe(expected);
  });
});
