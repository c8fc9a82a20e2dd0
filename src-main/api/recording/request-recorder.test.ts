import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordedRequest, type RecordingSettings, RequestPage, type RequestRow } from '../../contracts/ui-traffic.ts';
import { outcome } from '../testing/outcomes.ts';
import { requestTest } from './request-filter.ts';
import {
  createRequestRecorder,
  type LazyRecord,
  type RequestRecorder,
  type RequestRecorderOptions,
} from './request-recorder.ts';

const ON: RecordingSettings = { enabled: true, sampleRate: 1, bodies: false, maxBodyBytes: 1000 };
const WITH_BODIES: RecordingSettings = { ...ON, bodies: true };

function recorder(settings: RecordingSettings, more: Omit<RequestRecorderOptions, 'settings'> = {}) {
  let turn = 0;
  // 0, 0.1, … 0.9, and again.
  const random = (): number => (turn++ % 10) / 10;
  return createRequestRecorder({ settings, ...more }, { random });
}

/** Every record that is kept, in full. */
const all = (calls: RequestRecorder): readonly RecordedRequest[] =>
  calls.page({}).requests.map(({ sequence }) => calls.detail(sequence));

const sequences = (records: readonly RequestRow[]): readonly number[] => records.map(({ sequence }) => sequence);

describe('a record', () => {
  it('has the facts of its call and fits the contract', () => {
    const calls = recorder(ON);
    calls.observe(outcome({ code: 'NOT_FOUND', httpStatus: 404, client: 'curl/8.5.0 (x)', error: 'no such model' }));
    expect(all(calls).map((record) => RecordedRequest.parse(record))).toEqual([
      {
        sequence: 1,
        atMs: 1_700_000_000_000,
        entrypoint: 'REST',
        method: 'predict',
        model: 'm',
        version: '1',
        code: 'NOT_FOUND',
        httpStatus: 404,
        client: 'curl/8.5.0',
        error: 'no such model',
        durationMs: 2,
        queueMs: 0.5,
        runMs: 1,
        batchRows: 3,
        requestBytes: 17,
        responseBytes: 19,
        bodies: 'off',
      },
    ]);
  });

  it.each([
    { what: 'a whole body', body: ['{"instances"', ': [1]}'], kept: { text: '{"instances": [1]}', truncated: false } },
    {
      what: 'a long one',
      body: ['{"instances": ', '[12345678]}'],
      kept: { text: '{"instances": [1234', truncated: true },
    },
    {
      what: 'a cut character',
      max: 18,
      body: ['{"instances": ["aé"]}'],
      kept: { text: '{"instances": ["a', truncated: true },
    },
    { what: 'a secret', body: ['{"token": "x"}'], kept: { text: '{"token": "[redacted]"}', truncated: false } },
  ])('has of $what what is allowed', ({ body, max = 19, kept }) => {
    const calls = recorder({ ...WITH_BODIES, maxBodyBytes: max });
    calls.observe(outcome({ requestBody: body.map((chunk) => Buffer.from(chunk)) }));
    const bytes = Buffer.byteLength(body.join(''));
    expect(calls.detail(1).requestBody).toEqual({ bytes, encoding: 'utf8', ...kept });
    expect(RecordedRequest.safeParse(calls.detail(1)).success).toBe(true);
  });

  it('has a message of gRPC as base64', () => {
    const calls = recorder(WITH_BODIES);
    const bytes = Uint8Array.of(0, 255, 1);
    calls.observe(outcome({ entrypoint: 'GRPC', encoding: 'proto', requestBody: [bytes], responseBody: undefined }));
    expect(calls.detail(1).requestBody).toEqual({ bytes: 3, text: 'AP8B', encoding: 'base64', truncated: false });
    expect(calls.detail(1).responseBody).toBeUndefined();
  });

  it('keeps a copy: the buffers may be used again after the call', () => {
    const calls = recorder(WITH_BODIES);
    const body = Buffer.from('[1]');
    calls.observe(outcome({ requestBody: [body], responseBody: body }));
    body.fill(0);
    expect(calls.detail(1)).toMatchObject({ requestBody: { text: '[1]' }, responseBody: { text: '[1]' } });
  });

  it('has an error message without the secrets it quotes, and a long one cut', () => {
    const calls = recorder(ON);
    calls.observe(outcome({ code: 'INVALID_ARGUMENT', error: 'JSON Value: {"password": "x"} is no list' }));
    calls.observe(outcome({ code: 'INVALID_ARGUMENT', error: 'x'.repeat(10_000), model: 'm'.repeat(10_000) }));
    expect(calls.detail(1).error).toBe('JSON Value: {"password": "[redacted]"} is no list');
    expect(calls.detail(2).error).toHaveLength(2048);
    expect(calls.detail(2).model).toHaveLength(255);
  });
});

describe('what is kept', () => {
  it.each([
    { when: 'recording is off', settings: { ...ON, enabled: false }, ok: 0, failed: 0 },
    { when: 'all calls are wanted', settings: ON, ok: 20, failed: 20 },
    { when: 'some are', settings: { ...ON, sampleRate: 0.3 }, ok: 6, failed: 20 },
    { when: 'none are', settings: { ...ON, sampleRate: 0 }, ok: 0, failed: 20 },
  ])('are $ok of 20 calls and $failed of 20 failed ones where $when', ({ settings, ok, failed }) => {
    const calls = recorder(settings);
    for (let call = 0; call < 20; call += 1) {
      calls.observe(outcome());
      calls.observe(outcome({ code: 'UNAVAILABLE' }));
    }
    const codes = all(calls).map(({ code }) => code);
    expect(codes.filter((code) => code === 'OK')).toHaveLength(ok);
    expect(codes.filter((code) => code !== 'OK')).toHaveLength(failed);
  });

  it('are the last calls, bounded by number and by bytes', () => {
    const byNumber = recorder(ON, { maxRequests: 3 });
    for (let call = 0; call < 10; call += 1) byNumber.observe(outcome());
    expect(sequences(byNumber.page({}).requests)).toEqual([8, 9, 10]);
    expect(byNumber.lastSequence()).toBe(10);
    expect(() => byNumber.detail(7)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));

    const byBytes = recorder(ON, { maxBytes: 10_000 });
    for (let call = 0; call < 10; call += 1)
      byBytes.observe(outcome({ code: 'INVALID_ARGUMENT', error: 'x'.repeat(2000) }));
    expect(sequences(byBytes.page({}).requests)).toEqual([9, 10]);
  });

  it('are fewer bodies than records: those of the oldest make room', () => {
    const calls = recorder({ ...WITH_BODIES, maxBodyBytes: 10_000 }, { maxBodyBytes: 50_000 });
    const body = Buffer.alloc(10_000, '1');
    for (let call = 0; call < 10; call += 1) calls.observe(outcome({ requestBody: [body], responseBody: body }));
    expect(calls.page({}).requests.map(({ bodies }) => bodies)).toEqual([
      ...Array.from({ length: 8 }, () => 'dropped'),
      'kept',
      'kept',
    ]);
    expect(calls.detail(8).requestBody).toBeUndefined();
    expect(calls.detail(9).requestBody?.bytes).toBe(10_000);
  });

  it('goes on after it was cleared, and to a file with bodies that were dropped here', async () => {
    const written: LazyRecord[] = [];
    const calls = createRequestRecorder(
      { settings: WITH_BODIES, maxBodyBytes: 1 },
      { onRecorded: (record) => written.push(record) },
    );
    calls.observe(outcome());
    expect(calls.detail(1).bodies).toBe('dropped');
    expect(written[0]?.()).toMatchObject({ bodies: 'kept', requestBody: { text: '{"instances": [1]}' } });
    calls.clear();
    expect(calls.page({})).toEqual({ requests: [], firstSeen: 0, lastSeen: 0, more: false, kept: 0 });
    expect(await calls.toJsonLines()).toBe('');
    calls.observe(outcome());
    expect(sequences(calls.page({}).requests)).toEqual([2]);
  });

  it('are written as lines, those that are wanted', async () => {
    const calls = recorder(WITH_BODIES);
    for (const model of ['a', 'b', 'a']) calls.observe(outcome({ model }));
    const lines = (await calls.toJsonLines({ model: 'a' })).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => RecordedRequest.parse(JSON.parse(line)))).toEqual([calls.detail(1), calls.detail(3)]);
  });

  it('changes with the settings, from then on; bodies go when they are switched off', () => {
    const calls = recorder(ON);
    calls.observe(outcome());
    expect(calls.configure(WITH_BODIES)).toEqual(WITH_BODIES);
    calls.observe(outcome());
    expect(all(calls).map(({ requestBody }) => requestBody !== undefined)).toEqual([false, true]);
    calls.configure({ ...ON, enabled: false });
    calls.observe(outcome());
    expect(calls.settings().enabled).toBe(false);
    expect(all(calls).map(({ bodies }) => bodies)).toEqual(['off', 'dropped']);
  });
});

describe('a page', () => {
  const calls = (count: number) => {
    const made = recorder(ON, { maxRequests: 1000 });
    for (let call = 1; call <= count; call += 1) {
      made.observe(outcome({ startedAtMs: call, code: call % 4 === 0 ? 'UNAVAILABLE' : 'OK' }));
    }
    return made;
  };

  it.each([
    { what: 'the newest', request: { limit: 2 }, shown: [11, 12], firstSeen: 11, lastSeen: 12, more: true },
    { what: 'older ones', request: { beforeSequence: 3 }, shown: [1, 2], firstSeen: 1, lastSeen: 2, more: false },
    {
      what: 'newer ones',
      request: { afterSequence: 9, limit: 2 },
      shown: [10, 11],
      firstSeen: 10,
      lastSeen: 11,
      more: true,
    },
    { what: 'none', request: { afterSequence: 12 }, shown: [], firstSeen: 0, lastSeen: 0, more: false },
    {
      what: 'some failures',
      request: { outcome: 'error' as const, limit: 2 },
      shown: [8, 12],
      firstSeen: 8,
      lastSeen: 12,
      more: true,
    },
    {
      what: 'a time',
      request: { fromMs: 3, toMs: 5 },
      shown: [3, 4],
      firstSeen: 1,
      lastSeen: 12,
      more: false,
    },
  ])('has $what', ({ request, shown, firstSeen, lastSeen, more }) => {
    const page = calls(12).page(request);
    expect(sequences(page.requests)).toEqual(shown);
    expect(page).toMatchObject({ firstSeen, lastSeen, more, kept: 12 });
    expect(RequestPage.safeParse(page).success).toBe(true);
  });

  it('looks at so many records only, and goes on where it stopped', () => {
    const made = recorder(ON, { maxRequests: 30_000 });
    made.observe(outcome({ model: 'rare' }));
    for (let call = 0; call < 25_000; call += 1) made.observe(outcome());
    const found: number[] = [];
    let before: number | undefined;
    let pages = 0;
    for (let more = true; more; pages += 1) {
      const page = made.page({ model: 'rare', beforeSequence: before });
      found.push(...sequences(page.requests));
      before = page.firstSeen;
      more = page.more;
    }
    expect({ found, pages }).toEqual({ found: [1], pages: 3 });
  });

  it('follows page by page exactly what plain filtering finds', () => {
    const codes = fc.constantFrom('OK', 'INVALID_ARGUMENT', 'UNAVAILABLE');
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            code: codes,
            model: fc.constantFrom('a', 'b'),
            client: fc.constantFrom('curl/8.5.0', undefined),
          }),
          { maxLength: 60 },
        ),
        fc.record(
          {
            model: fc.constantFrom('a', 'b'),
            outcome: fc.constantFrom('ok', 'clientError', 'serverError', 'error'),
            text: fc.constantFrom('a', 'PREDICT unavail', '404', 'CURL/8'),
          },
          { requiredKeys: [] },
        ),
        fc.integer({ min: 1, max: 7 }),
        (outcomes, filter, limit) => {
          const made = recorder(ON, { maxRequests: 40 });
          for (const each of outcomes) made.observe(outcome({ ...each, httpStatus: undefined }));
          const expected = all(made)
            .filter((record) => requestTest(filter)({ ...record, code: record.code === 'OK' ? 'OK' : codeOf(record) }))
            .map(({ sequence }) => sequence);
          const forward: number[] = [];
          for (let after = 0, more = true; more;) {
            const page = made.page({ ...filter, afterSequence: after, limit });
            forward.push(...sequences(page.requests));
            after = page.lastSeen;
            more = page.more;
          }
          const backward: number[] = [];
          for (let before = Infinity, more = true; more;) {
            const page = made.page({ ...filter, beforeSequence: before, limit });
            backward.unshift(...sequences(page.requests));
            before = page.firstSeen;
            more = page.more;
          }
          expect([forward, backward]).toEqual([expected, expected]);
        },
      ),
      { seed: 20_261_122, numRuns: 200 },
    );
  });
});

const codeOf = ({ code }: RecordedRequest): 'UNAVAILABLE' | 'INVALID_ARGUMENT' =>
  code === 'UNAVAILABLE' ? 'UNAVAILABLE' : 'INVALID_ARGUMENT';
