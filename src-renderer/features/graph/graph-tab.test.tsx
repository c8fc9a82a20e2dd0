import { cleanup, screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelGraph } from '#contracts/ui-graph.ts';
import type { Command } from '../../stores/commands.ts';
import { CommandError } from '../../stores/commands.ts';
import { modelView, unloadedVersion, versionView } from '../../testing/fixtures.ts';
import { openPage } from '../../testing/open-page.tsx';
import { fakeCommands } from '../../testing/services.ts';
import { graph, modelGraph, node, smallNetwork, weight } from './testing/fixtures.ts';

const model = modelView('net', [versionView('2'), unloadedVersion('1', 'end')]);

function open(route: string, answer: ModelGraph | Error = smallNetwork) {
  const ask = vi.fn<Command<'modelGraph'>>(() =>
    answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer),
  );
  const services = openPage(`/models/net?tab=graph${route}`, [model], { commands: fakeCommands({ modelGraph: ask }) });
  return { ask, services };
}

const rows = (name: string) => within(screen.getByRole('grid', { name })).getAllByRole('row').slice(1);
const nodes = async () => {
  await screen.findByRole('grid', { name: 'Nodes' });
  return rows('Nodes');
};
const details = () => screen.getByRole('complementary', { name: 'Details' });
const search = () => screen.getByRole<HTMLInputElement>('textbox', { name: 'Search in the graph' });

beforeAll(async () => {
  await Promise.all([import('../model/model-screen.tsx'), import('./graph-tab.tsx')]);
});
beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1200);
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

describe('the graph of a model', () => {
  it('lists nodes with what they read and give, of the version that serves', async () => {
    const { ask } = open('');
    const [conv] = await nodes();
    expect(conv?.textContent).toBe('0Conv/stem/conv/Convx batch×3×8×8, W 16×3×3×3, B 16a batch×16×4×41.8 kB');
    expect(ask.mock.calls[0]?.[0]).toEqual({ name: 'net', version: '2' });
    expect(screen.getByText('6 nodes, 2 weights, 1.8 kB')).toBeTruthy();
  });

  it('is searched in words and by operator', async () => {
    open('');
    await nodes();
    await userEvent.click(screen.getByRole('button', { name: /^Relu/u }));
    expect(search().value).toBe('op:relu');
    expect(rows('Nodes')).toHaveLength(1);
    expect(screen.getByText('1 of 6 nodes')).toBeTruthy();
    await userEvent.clear(search());
    await userEvent.type(search(), 'nothing like this');
    await userEvent.click(screen.getByRole('button', { name: 'Clear the search' }));
    expect(rows('Nodes')).toHaveLength(6);
  });

  it('opens a node by keyboard, leads to its neighbours and gives the focus back', async () => {
    open('');
    const [, relu] = await nodes();
    relu?.focus();
    await userEvent.keyboard('{Enter}');
    expect(within(details()).getByRole('heading', { level: 2 }).textContent).toBe('Relu, node 1');
    expect(document.activeElement).toBe(within(details()).getByRole('heading', { level: 2 }));
    expect(window.location.hash).toContain('node=1');
    expect(details().textContent).toContain('All at their defaults.');

    await userEvent.click(within(details()).getByRole('button', { name: 'from Conv 0' }));
    expect(details().textContent).toContain('kernel_shape[3, 3]');
    expect(details().textContent).toContain('float32 [16, 3, 3, 3]');
    await userEvent.click(within(details()).getAllByRole('button', { name: /^a weight/u })[1] ?? details());
    expect(within(details()).getByRole('heading', { level: 2 }).textContent).toBe('B');
    expect(details().textContent).toContain('weights.bin');

    await userEvent.keyboard('{Escape}');
    expect(screen.queryByRole('complementary', { name: 'Details' })).toBeNull();
    expect(document.activeElement).toBe(relu);
  });

  it('leads into the graphs inside of nodes and back', async () => {
    open('&node=5');
    await nodes();
    expect(details().textContent).toContain('Read by the graphs inside');
    await userEvent.click(within(details()).getByRole('button', { name: 'then_branch, 1 node' }));
    expect(rows('Nodes').map((row) => row.textContent)).toEqual(['0Negnegdinner']);
    const path = screen.getByRole('navigation', { name: 'Where this graph is' });
    expect(path.textContent).toContain('If /If › then_branch');
    await userEvent.click(within(path).getByRole('button', { name: 'Main graph' }));
    expect(rows('Nodes')).toHaveLength(6);
    // One comes back to the node that it is in.
    expect(within(details()).getByRole('heading', { level: 2 }).textContent).toBe('If, node 5');
  });

  it('lists weights, the largest first where that is asked for', async () => {
    const weights = [
      weight('small', [2]),
      weight('big', [9]),
      weight('lost', [1], { problem: 'outside of the version' }),
    ];
    open('&view=weights', modelGraph([graph([], { weights })]));
    await screen.findByRole('grid', { name: 'Weights' });
    await userEvent.click(screen.getByRole('button', { name: 'Size' }));
    expect(rows('Weights').map((row) => row.textContent)).toEqual([
      'bigfloat32[9]36 B0the model file',
      'smallfloat32[2]8 B0the model file',
      'lostfloat32[1]4 B0outside of the version',
    ]);
    await userEvent.type(search(), 'MAL');
    expect(rows('Weights')).toHaveLength(1);
  });

  it('asks for the other version when it is chosen', async () => {
    const { ask } = open('&node=1');
    await nodes();
    await userEvent.click(screen.getByRole('button', { name: /Version$/u }));
    await userEvent.click(screen.getByRole('option', { name: 'v1, Unloaded' }));
    await waitFor(() => expect(ask.mock.calls.at(-1)?.[0]).toEqual({ name: 'net', version: '1' }));
    await nodes();
    expect(screen.queryByRole('complementary')).toBeNull();
  });

  it.each([
    { code: 'FAILED_PRECONDITION', title: 'Its files are not on this computer' },
    { code: 'NOT_FOUND', title: 'This version is not there any more' },
    { code: 'INTERNAL', title: 'The graph cannot be read' },
  ])('says what is wrong by $code, and tries again', async ({ code, title }) => {
    const { ask } = open('', new CommandError(code, 'the inner reason'));
    await screen.findByRole('heading', { name: title });
    expect(screen.getByRole('alert').textContent).toBe('the inner reason');
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(ask).toHaveBeenCalledTimes(2));
  });

  it('says that a graph is empty, that nodes are left out, and that the server is gone', async () => {
    const { services } = open('', modelGraph([graph([])], { omittedNodes: 1200 }));
    await screen.findByRole('heading', { name: 'This graph has no nodes' });
    expect(screen.getByText(/^1,200 nodes are left out/u)).toBeTruthy();
    services.server.getState().connectionChanged({ phase: 'lost', sinceMs: 0, retryAtMs: 0, attempt: 1, reason: '' });
    await screen.findByText(/^Not connected/u);
  });

  it('has no columns of names where no node has one', async () => {
    open('', modelGraph([graph([node('Relu x -> y')])]));
    await nodes();
    expect(screen.queryByRole('columnheader', { name: 'Name' })).toBeNull();
  });
});
