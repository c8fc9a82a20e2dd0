import { EditorView } from '@codemirror/view';
import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { App } from './app.tsx';
import {
  modelInfo,
  modelMessage,
  modelView,
  NOW_MS,
  tensor,
  unloadedVersion,
  versionView,
} from './testing/fixtures.ts';
import { openPage } from './testing/open-page.tsx';
import { fakeServices } from './testing/services.ts';

const error = { code: 'INVALID_ARGUMENT', message: 'model.onnx is cut short' };
const retrying = unloadedVersion('3', 'loading', { attempt: 3, maxAttempts: 6, retryAtMs: NOW_MS + 7500, error });

beforeEach(() => {
  window.location.hash = '';
});
afterEach(cleanup);

describe('Playground', () => {
  const info = modelInfo([tensor('ids', 'int64', ['batch'])], [tensor('y', 'float32', ['batch'])]);
  const model = modelView('m', [versionView('2', { info })]);

  /** The screen is loaded when it is first shown, which takes its time. */
  beforeAll(async () => {
    openPage('/play?model=m', [model]);
    await screen.findByRole('textbox', { name: 'ids[0]' }, { timeout: 20_000 });
    cleanup();
  });

  it('sends exact digits to the public endpoint and shows the answer and who gave it', async () => {
    const sent: { url: string; body: unknown }[] = [];
    const services = openPage('/play?model=m', [model], {
      fetch: (url, init) => {
        sent.push({ url: url instanceof Request ? url.url : url.toString(), body: init?.body });
        return Promise.resolve(new Response('{"predictions": [NaN]}', { headers: { 'Slipway-Model-Version': '2' } }));
      },
    });
    fireEvent.change(screen.getByRole('textbox', { name: 'ids[0]' }), { target: { value: '9223372036854775807' } });
    fireEvent.keyDown(document.body, { key: 'Enter', ctrlKey: true });
    const output = await screen.findByRole('region', { name: 'Output y' });
    expect(sent).toEqual([
      { url: 'http://127.0.0.1:8501/v1/models/m:predict', body: '{"instances": [9223372036854775807]}' },
    ]);
    expect(within(output).getByText('NaN')).toBeDefined();
    expect(services.play.getState().sends['m']).toMatchObject({ status: 200, version: '2' });
  });

  it('keeps form and JSON in step, both ways, and keeps text that cannot be read', async () => {
    openPage('/play?model=m', [model]);
    await userEvent.click(screen.getByRole('radio', { name: 'JSON' }));
    // The editor comes when it is asked for.
    const editor = async (): Promise<EditorView> => {
      const box = await screen.findByRole('textbox', { name: 'Request body' }, { timeout: 20_000 });
      const view = EditorView.findFromDOM(box);
      if (!view) throw new Error('the text box is no editor');
      return view;
    };
    const type = async (text: string): Promise<void> => {
      const view = await editor();
      act(() => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }));
    };
    await type('{"instances": [7, 8]}');
    await userEvent.click(screen.getByRole('radio', { name: 'Form' }));
    expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'ids[1]' }).value).toBe('8');
    expect(screen.getByRole<HTMLInputElement>('spinbutton', { name: 'batch' }).value).toBe('2');
    await userEvent.click(screen.getByRole('radio', { name: 'JSON' }));
    await type('{"instances": [7,');
    expect(screen.getByRole('alert').textContent).toMatch(/^Line 1, column 18: /u);
    await userEvent.click(screen.getByRole('radio', { name: 'Form' }));
    expect(screen.getByText('The JSON cannot be read')).toBeDefined();
    await userEvent.click(screen.getByRole('button', { name: 'Edit the JSON' }));
    expect((await editor()).state.doc.toString()).toBe('{"instances": [7,');
  });

  it('does not send a cell that is no value, and says so', () => {
    openPage('/play?model=m', [model]);
    const cell = screen.getByRole('textbox', { name: 'ids[0]' });
    fireEvent.change(cell, { target: { value: '1.5' } });
    expect(cell.getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Send' }).disabled).toBe(true);
    expect(screen.getByText('One field is not a valid value yet.')).toBeDefined();
  });

  it('shows a message of the server beside the input it names', async () => {
    openPage('/play?model=m', [model], {
      fetch: () =>
        Promise.resolve(new Response(JSON.stringify({ error: 'input "ids" is too small' }), { status: 400 })),
    });
    await userEvent.click(screen.getByRole('button', { name: 'Send' }));
    const section = await screen.findByRole('region', { name: 'Input ids' });
    expect(within(section).getByText('input "ids" is too small')).toBeDefined();
  });

  it('lends the form of its predecessor to a version that has not loaded yet', () => {
    openPage('/play?model=m&version=3', [modelView('m', [retrying, versionView('2', { info })])]);
    expect(screen.getByRole('textbox', { name: 'ids[0]' })).toBeDefined();
    expect(screen.getByText('Waits for v3: retrying, retry 3 of 5 in 8 s.')).toBeDefined();
  });

  it('keeps the form of a version that went away, and says what Send waits for', async () => {
    const services = openPage('/play?model=m', [model]);
    services.server
      .getState()
      .received(modelMessage(2, modelView('m', [retrying, unloadedVersion('2', 'end')])), NOW_MS);
    expect(await screen.findByText('Waits for v3: retrying, retry 3 of 5 in 8 s.')).toBeDefined();
    expect(screen.getByRole('textbox', { name: 'ids[0]' })).toBeDefined();
  });
});

describe('the session', () => {
  it('tells how to sign in again once it is void', () => {
    const services = fakeServices();
    services.server.getState().connectionChanged({ phase: 'signedOut' });
    render(<App services={services} />);
    expect(screen.getByRole('heading', { name: 'This session has ended' })).toBeDefined();
  });
});
