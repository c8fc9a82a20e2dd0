import { expect, it } from 'vitest';
import { ServableVersion } from '../contracts/ids.ts';
import type { VersionPolicy } from '../contracts/model-config.ts';
import { createVersionPicker } from './version-picker.ts';
import type { PickOutcome } from './version-state.ts';

const v = (text: string): ServableVersion => ServableVersion.parse(text);

it.each<[VersionPolicy, readonly string[], readonly string[]]>([
  [{ kind: 'latest', count: 1 }, [], ['9']],
  [{ kind: 'latest', count: 2 }, [], ['9', '7']],
  [{ kind: 'latest', count: 1 }, ['9'], ['9', '7']],
  [{ kind: 'latest', count: 1 }, ['9', '7', '3'], ['9', '7', '3']],
  [{ kind: 'all' }, ['9'], ['9', '7', '3']],
  [{ kind: 'specific', versions: [v('3'), v('8')] }, [], ['3']],
  [{ kind: 'specific', versions: [] }, [], []],
])('%j picks, where %j fail, %j of 9, 7 and 3', (policy, failing, expected) => {
  const picker = createVersionPicker(policy);
  const picked = ['9', '7', '3'].filter((version) => {
    const wanted = picker.wants(v(version));
    if (wanted) picker.offered(failing.includes(version) ? 'fails' : 'serves');
    return wanted;
  });
  expect(picked).toEqual(expected);
});

it.each<[VersionPolicy, readonly PickOutcome[], boolean]>([
  [{ kind: 'latest', count: 1 }, ['open'], true],
  [{ kind: 'latest', count: 1 }, ['serves'], false],
  [{ kind: 'latest', count: 1 }, ['fails'], false],
  [{ kind: 'latest', count: 2 }, ['open'], false],
  [{ kind: 'latest', count: 2 }, ['open', 'serves'], true],
  [{ kind: 'all' }, ['open'], false],
])('%j with versions that %j keeps those that failed: %s', (policy, outcomes, expected) => {
  const picker = createVersionPicker(policy);
  for (const outcome of outcomes) picker.offered(outcome);
  expect(picker.keepsFailed).toBe(expected);
});
