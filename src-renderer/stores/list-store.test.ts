import { describe, expect, it } from 'vitest';
import { createListStore } from './list-store.ts';

const ORDER = ['a', 'b', 'c', 'd', 'e'];

describe('the selection of the list', () => {
  it.each([
    { when: 'down from the anchor', from: 'b', to: 'd', selected: ['b', 'c', 'd'] },
    { when: 'up from the anchor', from: 'd', to: 'b', selected: ['b', 'c', 'd'] },
    { when: 'to the anchor itself', from: 'c', to: 'c', selected: ['c'] },
    { when: 'from a model that is not shown any more', from: 'gone', to: 'c', selected: ['c', 'gone'] },
    { when: 'without an anchor', from: undefined, to: 'c', selected: ['c'] },
    { when: 'to a model that is not shown', from: 'b', to: 'gone', selected: ['b'] },
  ])('grows $when', ({ from, to, selected }) => {
    const store = createListStore();
    if (from !== undefined) store.getState().toggleSelected(from);
    store.getState().selectTo(to, ORDER);
    expect([...store.getState().selected].toSorted()).toEqual(selected);
  });

  it('keeps the anchor while a range grows, and moves it with each single choice', () => {
    const store = createListStore();
    const list = store.getState();
    list.toggleSelected('b');
    list.selectTo('c', ORDER);
    list.selectTo('d', ORDER);
    list.toggleSelected('c');
    expect(store.getState()).toMatchObject({ selected: new Set(['b', 'd']), anchor: 'c' });
  });
});
