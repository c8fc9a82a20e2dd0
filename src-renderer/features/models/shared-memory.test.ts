import { expect, it } from 'vitest';
import { modelView, versionView } from '../../testing/fixtures.ts';
import { sharersOf } from './model-facts.ts';

it('counts a shared process once, however many versions are in it', () => {
  const inProcess = (text: string, pid: number, measuredBytes: number, shared = true) =>
    versionView(text, {
      worker: { pid, shared, ...(shared && { processBytes: 100 }) },
      memory: { estimatedBytes: 1, measuredBytes },
    });
  const models = {
    a: modelView('a', [inProcess('2', 7, 10), inProcess('1', 7, 20)]),
    b: modelView('b', [inProcess('1', 7, 30), inProcess('2', 8, 5)]),
    c: modelView('c', [inProcess('1', 9, 500, false)]),
  };
  expect(sharersOf(models)).toEqual(
    new Map([
      [7, { versions: 3, bytes: 160 }],
      [8, { versions: 1, bytes: 105 }],
    ]),
  );
});
