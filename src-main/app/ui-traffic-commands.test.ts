import { expect, it } from 'vitest';
import { createRequestRecorder } from '../api/recording/request-recorder.ts';
import { outcome } from '../api/testing/outcomes.ts';
import type { RefusedCalls } from '../contracts/ui-traffic.ts';
import { createTrafficCommands } from './ui-traffic-commands.ts';

const never = new AbortController().signal;
const SETTINGS = { enabled: true, sampleRate: 1, bodies: false, maxBodyBytes: 0 };
const unused = () => {
  throw new Error('not in this test');
};

it('lists, shows, exports and clears what is recorded, and changes how it is', async () => {
  const recorder = createRequestRecorder({ settings: SETTINGS });
  const refused: RefusedCalls[] = [
    { entrypoint: 'REST', code: 'UNAUTHENTICATED', reason: 'no token', count: 3, firstMs: 1, lastMs: 2 },
  ];
  const commands = createTrafficCommands({
    recorder,
    traffic: {
      history: unused,
      refused: () => [...refused],
      forgetRefused: () => void refused.splice(0),
    },
    loadTests: { start: unused, result: unused, list: unused, remove: unused },
  });
  recorder.observe(outcome({ model: 'm' }));
  recorder.observe(outcome({ model: 'n' }));
  const listed = await commands.listRequests({}, never);
  expect(listed).toMatchObject({ settings: SETTINGS, requests: [{ model: 'm' }, { model: 'n' }] });
  const [first] = listed.requests;
  const later = await commands.listRequests({ afterSequence: first?.sequence }, never);
  expect(later.requests).toMatchObject([{ model: 'n' }]);
  expect(await commands.requestDetail({ sequence: 2 }, never)).toMatchObject({ model: 'n', bodies: 'off' });
  const { text } = await commands.exportRequests({ model: 'n' }, never);
  expect(JSON.parse(text)).toMatchObject({ model: 'n' });

  expect(await commands.setRecording({ ...SETTINGS, enabled: false }, never)).toMatchObject({ enabled: false });
  expect(await commands.refusedCalls({}, never)).toEqual({ callers: refused });
  await commands.clearRequests({}, never);
  expect(await commands.refusedCalls({}, never)).toEqual({ callers: [] });
  recorder.observe(outcome());
  expect((await commands.listRequests({}, never)).requests).toEqual([]);
});
