import { expect, it } from 'vitest';
import { type LogView, logViewParams, readLogView } from './use-log-view.ts';

const PLAIN: LogView = {
  q: '',
  mode: 'highlight',
  context: 0,
  level: 'info',
  component: undefined,
  model: undefined,
  wrap: false,
  relative: false,
};
const FULL: LogView = {
  q: '/load.*fail/',
  mode: 'filter',
  context: 5,
  level: 'warn',
  component: 'worker',
  model: 'a b/é',
  wrap: true,
  relative: true,
};

it.each([PLAIN, FULL, { ...PLAIN, wrap: true }])('comes back from the address as it was', (view) => {
  expect(readLogView(new URLSearchParams(logViewParams(view)))).toEqual(view);
});

it('needs no parameters for what one sees first', () => {
  expect(logViewParams(PLAIN)).toEqual({});
});

it.each(['level=loud', 'mode=guess', 'context=-1', 'context=1e9', 'context=x', 'nothing=1'])(
  'takes what it cannot understand as left out: %s',
  (query) => {
    expect(readLogView(new URLSearchParams(query))).toEqual(PLAIN);
  },
);
