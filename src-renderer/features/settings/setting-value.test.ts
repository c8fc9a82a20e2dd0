import { expect, it } from 'vitest';
import type { ServerSettingId, SettingValue } from '#contracts/ui-settings.ts';
import { valueText } from './setting-value.ts';

it.each<readonly [ServerSettingId, SettingValue, string]>([
  ['restPort', { kind: 'count', count: 8501 }, '8501'],
  ['restPort', { kind: 'count', count: 0 }, 'Any free one'],
  ['warmupIterations', { kind: 'count', count: 1000 }, '1,000'],
  ['grpcPort', { kind: 'unset' }, 'Off'],
  ['policy', { kind: 'unset' }, 'Not set'],
  ['warmup', { kind: 'toggle', isOn: true }, 'On'],
  ['recordShare', { kind: 'share', share: 0.005 }, '0.5 %'],
  ['restBody', { kind: 'bytes', bytes: 1024 ** 3 }, '1 GiB'],
  ['restBody', { kind: 'bytes', bytes: 2 ** 31 - 1 }, '2.1 GB'],
  ['pollInterval', { kind: 'duration', ms: 500 }, '500 ms'],
  ['pollInterval', { kind: 'duration', ms: 1500 }, '1.5 s'],
  ['pollInterval', { kind: 'duration', ms: 0 }, '0 s'],
  ['retryInterval', { kind: 'duration', ms: 60_000 }, '1 min'],
  ['allowedHosts', { kind: 'list', items: ['a', 'b:80'] }, 'a, b:80'],
])('%s %o is %s', (id, value, text) => {
  expect(valueText(id, value)).toBe(text);
});
