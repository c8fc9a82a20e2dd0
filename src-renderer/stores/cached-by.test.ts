import { expect, it } from 'vitest';
import { cachedBy } from './cached-by.ts';

it('asks once for each object, also where the answer is nothing', () => {
  const asked: string[] = [];
  const lengthOf = cachedBy(({ text }: { readonly text: string }) => {
    asked.push(text);
    return text === '' ? undefined : text.length;
  });
  const [long, empty] = [{ text: 'abc' }, { text: '' }];
  expect([long, empty, long, empty, { text: 'abc' }].map(lengthOf)).toEqual([3, undefined, 3, undefined, 3]);
  expect(asked).toEqual(['abc', '', 'abc']);
});
