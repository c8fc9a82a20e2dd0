import { describe, expect, it } from 'vitest';
import { RecordedRequest, type RecordingSettings } from '../../contracts/ui-traffic.ts';
import { outcome } from '../testing/outcomes.ts';
import { createRequestRecorder, type RequestRecorderOptions } from './request-recorder.ts';

const ON: RecordingSettings = { enabled: true, sampleRate: 1, bodies: false, maxBodyBytes: 1000 };
const WITH_BODIES: RecordingSettings = { ...ON, bodies: true };

function recorder(settings: RecordingSettings, more: Omit<RequestRecorderOptions, 'settings'> = {}) {
  let turn = 0;
  // 0, 0.1, … 0.9, and again.
  const random = (): number => (turn++ % 10) / 10;
  return createRequestRecorder({ settings, ...more }, { random });
}

const sequences = (records: readonly RecordedRequest[]): readonly number[] => records.map(({ sequence }) => sequence);

describe('a record', () => {
  it('has the facts of its call and fits the contract', () => {
    const calls = recorder(ON);
    calls.observe(outcome({ code: 'NOT_FOUND', httpStatus: 404, error: 'no such model' }));
    expect(calls.list().map((record) => RecordedRequest.parse(record))).toEqual([
      {
        sequence: 1,
        atMs: 1_700_000_000_000,
        entrypoint: 'REST',
        method: 'predict',
        model: 'm',
        version: '1',
        code: 'NOT_FOUND',
        httpStatus: 404,
        error: 'no such model',
        durationMs: 2,
        queueMs: 0.5,
        runMs: 1,
        batchRows: 3,
        requestBytes: 17,
        responseBytes: 19,
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
    expect(calls.list()[0]?.requestBody).toEqual({ bytes, encoding: 'utf8', ...kept });
    expect(RecordedRequest.safeParse(calls.list()[0]).success).toBe(true);
  });

  it('has a message of gRPC as base64', () => {
    const calls = recorder(WITH_BODIES);
    const bytes = Uint8Array.of(0, 255, 1);
    calls.observe(outcome({ entrypoint: 'GRPC', encoding: 'proto', requestBody: [bytes], responseBody: undefined }));
    expect(calls.list()[0]?.requestBody).toEqual({ bytes: 3, text: 'AP8B', encoding: 'base64', truncated: false });
    expect(calls.list()[0]?.responseBody).toBeUndefined();
  });

  it('keeps a copy: the buffers may be used again after the call', () => {
    const calls = recorder(WITH_BODIES);
    const body = Buffer.from('[1]');
    calls.observe(outcome({ requestBody: [body], responseBody: body }));
    body.fill(0);
    expect(calls.list()[0]).toMatchObject({ requestBody: { text: '[1]' }, responseBody: { text: '[1]' } });
  });

  it('has an error message without the secrets it quotes, and a long one cut', () => {
    const calls = recorder(ON);
    calls.observe(outcome({ code: 'INVALID_ARGUMENT', error: 'JSON Value: {"password": "x"} is no list' }));
    calls.observe(outcome({ code: 'INVALID_ARGUMENT', error: 'x'.repeat(10_000), model: 'm'.repeat(10_000) }));
    expect(calls.list()[0]?.error).toBe('JSON Value: {"password": "[redacted]"} is no list');
    expect(calls.list()[1]?.error).toHaveLength(2048);
    expect(calls.list()[1]?.model).toHaveLength(255);
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
    const codes = calls.list().map(({ code }) => code);
    expect(codes.filter((code) => code === 'OK')).toHaveLength(ok);
    expect(codes.filter((code) => code !== 'OK')).toHaveLength(failed);
  });

  it('are the last calls, bounded by number and by bytes', () => {
    const byNumber = recorder(ON, { maxRequests: 3 });
    for (let call = 0; call < 10; call += 1) byNumber.observe(outcome());
    expect(sequences(byNumber.list())).toEqual([8, 9, 10]);

    const byBytes = recorder({ ...WITH_BODIES, maxBodyBytes: 10_000 }, { maxBytes: 50_000 });
    const body = Buffer.alloc(10_000, '1');
    for (let call = 0; call < 10; call += 1) byBytes.observe(outcome({ requestBody: [body], responseBody: body }));
    expect(sequences(byBytes.list())).toEqual([9, 10]);
  });

  it('can be read on from a record, cleared, and written as lines', () => {
    const calls = recorder(ON);
    for (let call = 0; call < 3; call += 1) calls.observe(outcome());
    expect(sequences(calls.list(2))).toEqual([3]);
    expect(sequences(calls.list(3))).toEqual([]);
    const lines = calls.toJsonLines().split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => RecordedRequest.parse(JSON.parse(line)))).toEqual(
      calls.list().map((record) => RecordedRequest.parse(record)),
    );
    calls.clear();
    expect(calls.list()).toEqual([]);
    expect(calls.toJsonLines()).toBe('');
    calls.observe(outcome());
    expect(sequences(calls.list())).toEqual([4]);
  });

  it('changes with the settings, from then on', () => {
    const calls = recorder(ON);
    calls.observe(outcome());
    expect(calls.configure(WITH_BODIES)).toEqual(WITH_BODIES);
    calls.observe(outcome());
    calls.configure({ ...ON, enabled: false });
    calls.observe(outcome());
    expect(calls.settings().enabled).toBe(false);
    expect(calls.list().map(({ requestBody }) => requestBody !== undefined)).toEqual([false, true]);
  });
});
