import { expect, it } from 'vitest';
import { ServableVersion } from '../contracts/ids.ts';
import type { VersionPolicy } from '../contracts/model-config.ts';
import { createVersionPicker } from './version-picker.ts';

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
    if (wanted) picker.offered(failing.includes(version));
    return wanted;
  });
  expect(picked).toEqual(expected);
});
