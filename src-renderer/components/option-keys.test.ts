import { describe, expect, it } from 'vitest';
import { createTyping, optionBeside } from './option-keys.ts';
import type { Option } from './select-props.ts';

const options = [
  { key: 'a', label: 'Any' },
  { key: 'e', label: 'Error' },
  { key: 'off', label: 'Never', disabled: true },
  { key: 'w', label: 'Waiting' },
  { key: 'e2', label: 'Empty' },
];

describe('the arrows to the sides of a closed list', () => {
  it.each([
    ['ArrowRight', 'a', 'e'],
    ['ArrowRight', 'e', 'w'],
    ['ArrowRight', 'e2', undefined],
    ['ArrowLeft', 'w', 'e'],
    ['ArrowLeft', 'a', undefined],
    ['ArrowRight', undefined, 'a'],
    ['ArrowLeft', undefined, 'a'],
    ['Home', 'a', undefined],
  ])('%s at %s chooses %s', (key, selected, chosen) => {
    expect(optionBeside(key, options, selected)?.key).toBe(chosen);
  });
});

describe('typing in a closed list', () => {
  /** Chooses as a list does. @returns what was chosen after each key. */
  const typedIn = (
    keys: readonly string[],
    start: string,
    msBetween = 10,
    list: readonly Option<string>[] = options,
  ): (string | undefined)[] => {
    let ms = 0;
    let selected: string = start;
    const typing = createTyping(() => ms);
    return keys.map((key) => {
      ms += msBetween;
      const found = typing.optionFor(key, list, selected);
      selected = found?.key ?? selected;
      return found?.key;
    });
  };

  it('goes to what begins with it', () => {
    expect(typedIn(['W'], 'a')).toEqual(['w']);
    expect(typedIn(['e', 'm'], 'a')).toEqual(['e', 'e2']);
  });

  it('goes on with the same letter, and round', () => {
    expect(typedIn(['e', 'e', 'e'], 'a')).toEqual(['e', 'e2', 'e']);
  });

  it('finds what begins with one letter twice, wherever it begins', () => {
    const numbers = ['1', '2', '10', '11', '12'].map((key) => ({ key, label: key }));
    for (const { key } of numbers) expect(typedIn(['1', '1'], key, 10, numbers).at(-1)).toBe('11');
  });

  it('begins anew after a while, and after what nothing begins with', () => {
    expect(typedIn(['e', 'w'], 'a', 2000)).toEqual(['e', 'w']);
    expect(typedIn(['x', 'w'], 'a')).toEqual([undefined, 'w']);
  });

  it('leaves out what cannot be chosen, and keys that are no characters', () => {
    expect(typedIn(['n', 'Enter', 'F6', ' '], 'a')).toEqual([undefined, undefined, undefined, undefined]);
  });
});
