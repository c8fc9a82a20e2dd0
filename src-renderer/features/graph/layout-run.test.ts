import type { ElkNode } from 'elkjs/lib/elk-api.js';
import { describe, expect, it } from 'vitest';
import { drawGraph } from './draw-graph.ts';
import { indexGraph } from './graph-index.ts';
import { layoutRequest } from './layout.ts';
import { createLayouts } from './layout-run.ts';
import { smallNetwork } from './testing/fixtures.ts';

const index = indexGraph(smallNetwork, 0);
const sized = layoutRequest(index, drawGraph(index, undefined, new Set()), () => 10);
const answer: ElkNode = { id: 'root', width: 5, height: 5, children: [{ id: 'n0', x: 1, y: 1, width: 2, height: 2 }] };

function start() {
  const threads: {
    ended: boolean;
    readonly finish: (answer: ElkNode) => void;
    readonly fail: (error: Error) => void;
  }[] = [];
  const layouts = createLayouts({
    now: () => 1000,
    startThread() {
      const waiting = Promise.withResolvers<ElkNode>();
      const thread = { ended: false, finish: waiting.resolve, fail: waiting.reject };
      threads.push(thread);
      return { layout: () => waiting.promise, end: () => (thread.ended = true) };
    },
  });
  const settled = () => new Promise((done) => setTimeout(done));
  return { layouts, threads, settled, state: () => layouts.store.getState() };
}

describe('createLayouts', () => {
  it('makes a drawing, and the same one only once', async () => {
    const { layouts, threads, settled, state } = start();
    layouts.draw('a', index, sized);
    expect([state().phase, state().sinceMs]).toEqual(['running', 1000]);
    threads[0]?.finish(answer);
    await settled();
    expect([state().phase, state().drawing?.boxes.length]).toEqual(['done', 1]);
    layouts.draw('a', index, sized);
    expect(state().phase).toBe('done');
  });

  it('ends the thread when it is cancelled, and takes a new one when asked again', async () => {
    const { layouts, threads, settled, state } = start();
    layouts.draw('a', index, sized);
    layouts.cancel();
    expect([state().phase, threads[0]?.ended]).toEqual(['cancelled', true]);
    threads[0]?.finish(answer);
    await settled();
    expect(state().phase).toBe('cancelled');
    layouts.draw('a', index, sized);
    expect([state().phase, threads.length]).toEqual(['running', 2]);
  });

  it('gives up what runs for another wish, and keeps the last drawing until then', async () => {
    const { layouts, threads, settled, state } = start();
    layouts.draw('a', index, sized);
    threads[0]?.finish(answer);
    await settled();
    const { drawing } = state();
    layouts.draw('b', index, sized);
    layouts.draw('c', index, sized);
    expect([state().phase, state().key, state().drawing === drawing]).toEqual(['running', 'c', true]);
    expect(threads.map(({ ended }) => ended)).toEqual([true, false]);
  });

  it('tells why it failed', async () => {
    const { layouts, threads, settled, state } = start();
    layouts.draw('a', index, sized);
    threads[0]?.fail(new Error('out of memory'));
    await settled();
    expect([state().phase, state().reason]).toEqual(['failed', 'out of memory']);
  });
});
