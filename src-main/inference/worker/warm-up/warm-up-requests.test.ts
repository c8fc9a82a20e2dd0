import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { predictionLog, predictRequest, tfRecords } from '../../testing/warm-up-files.ts';
import { parseGoldenRequests, readWarmUpRequests, type WarmUpRequest } from './warm-up-requests.ts';

const ADVICE = 'Please verify your warmup data is in TFRecord format.';
const LOG = predictionLog(6, predictRequest([1, 2]));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-warmup-'));
});
afterEach(async () => rm(folder, { recursive: true }));

async function put(name: string, content: Uint8Array | string): Promise<void> {
  const file = path.join(folder, ...name.split('/'));
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
}

async function readAll(): Promise<WarmUpRequest[]> {
  const requests: WarmUpRequest[] = [];
  for await (const request of readWarmUpRequests(folder)) requests.push(request);
  return requests;
}

const putRecords = async (content: Uint8Array): Promise<void> =>
  put('assets.extra/tf_serving_warmup_requests', content);

describe('readWarmUpRequests', () => {
  it('finds nothing in a folder without such files', async () => {
    expect(await readAll()).toEqual([]);
    await put('assets.extra', 'a file, not a folder');
    expect(await readAll()).toEqual([]);
  });

  it('gives the records first, and then ours, as they were written', async () => {
    await putRecords(tfRecords([LOG, predictionLog(2, Buffer.from('c'))]));
    await put('warmup.json', '{"requests": [{"body": {"instances": [ 1.0,NaN, 12345678901234567890 ]}}]}');
    expect(await readAll()).toEqual([
      {
        what: 'warm-up record 1 of assets.extra/tf_serving_warmup_requests',
        file: 'assets.extra/tf_serving_warmup_requests',
        call: 'predictProto',
        body: Buffer.from(predictRequest([1, 2])),
      },
      {
        what: 'warm-up record 2 of assets.extra/tf_serving_warmup_requests',
        file: 'assets.extra/tf_serving_warmup_requests',
        call: 'classifyProto',
        body: Buffer.from('c'),
      },
      {
        what: 'warm-up request "requests[0]" of warmup.json',
        file: 'warmup.json',
        call: 'predictJson',
        body: Buffer.from('{"instances": [ 1.0,NaN, 12345678901234567890 ]}'),
      },
    ]);
  });

  it('reads ours beside theirs too, but not in both places', async () => {
    await put('assets.extra/warmup.json', '{"requests": []}');
    expect(await readAll()).toEqual([]);
    await put('warmup.json', '{"requests": []}');
    await expect(readAll()).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'there is warmup.json as well as assets.extra/warmup.json: keep one of them',
    });
  });

  it('takes a thousand records and no more', async () => {
    await putRecords(tfRecords(Array.from({ length: 1000 }, () => LOG)));
    expect(await readAll()).toHaveLength(1000);
    await putRecords(tfRecords(Array.from({ length: 1001 }, () => LOG)));
    await expect(readAll()).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'Number of warmup records exceeds the maximum (1000) at assets.extra/tf_serving_warmup_requests',
    });
  });

  const whole = tfRecords([LOG, LOG]);
  const flipped = (at: number): Buffer => {
    const bytes = Buffer.from(whole);
    bytes.writeUInt8((bytes[at] ?? 0) ^ 1, at);
    return bytes;
  };
  const second = whole.length / 2;
  it.each([
    {
      what: 'bytes that are no records',
      bytes: Buffer.from('{"instances": [1]}'),
      message: 'corrupted record at 0 (Is this even a TFRecord file?)',
    },
    {
      what: 'a length that was changed',
      bytes: flipped(second),
      message: `corrupted record at ${second} (Is this even a TFRecord file?)`,
    },
    { what: 'content that was changed', bytes: flipped(second + 20), message: `corrupted record at ${second}` },
    { what: 'a checksum that was changed', bytes: flipped(whole.length - 1), message: `corrupted record at ${second}` },
    { what: 'a record that is cut off', bytes: whole.subarray(0, -1), message: `truncated record at ${second}` },
    {
      what: 'a header that is cut off',
      bytes: whole.subarray(0, second + 11),
      message: `truncated record at ${second}`,
    },
    {
      what: 'a header with nothing behind it',
      bytes: whole.subarray(0, second + 13),
      message: `truncated record at ${second}`,
    },
  ])('refuses $what', async ({ bytes, message }) => {
    await putRecords(bytes);
    await expect(readAll()).rejects.toMatchObject({
      code: 'DATA_LOSS',
      message: `assets.extra/tf_serving_warmup_requests: ${message}. ${ADVICE}`,
    });
  });

  it('refuses a record that is no PredictionLog', async () => {
    await putRecords(tfRecords([LOG, Buffer.from('text')]));
    await expect(readAll()).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'Failed to parse warmup record: 2 from assets.extra/tf_serving_warmup_requests',
    });
  });

  it.each([
    {
      what: 'a folder',
      make: async () => mkdir(path.join(folder, 'warmup.json')),
      message: 'warmup.json is not a file',
    },
    {
      what: 'too large a file',
      make: async () => put('warmup.json', Buffer.alloc(16 * 1024 * 1024 + 1, ' ')),
      message: 'warmup.json is larger than 16 MiB',
    },
    {
      what: 'bytes that are no text',
      make: async () => put('warmup.json', Buffer.from([0xff, 0xfe])),
      message: 'warmup.json is not UTF-8 text',
    },
  ])('refuses $what', async ({ make, message }) => {
    await make();
    await expect(readAll()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message });
  });

  it.skipIf(process.platform === 'win32')('does not wait at a pipe', async () => {
    spawnSync('mkfifo', [path.join(folder, 'warmup.json')]);
    await expect(readAll()).rejects.toMatchObject({ message: 'warmup.json is not a file' });
  });
});

describe('parseGoldenRequests', () => {
  it('reads names, methods, answers and tolerances', () => {
    const text = `{"requests": [
      {"name": "one", "method": "classify", "body": {"examples": []}, "expected": {"results": [NaN]}, "tolerance": 1e-3},
      {"body": {}, "method": "regress", "expected": null}
    ]}`;
    expect(parseGoldenRequests(text, 'w')).toMatchObject([
      {
        what: 'warm-up request "one" of w',
        call: 'classifyJson',
        body: Buffer.from('{"examples": []}'),
        expected: { answer: { kind: 'object' }, tolerance: 0.001 },
      },
      { what: 'warm-up request "requests[1]" of w', call: 'regressJson', expected: { tolerance: 1e-4 } },
    ]);
  });

  it.each([
    { text: '[1,', message: 'w: line 1, column 4: expected a value' },
    { text: '[]', message: 'w: the file must be an object' },
    { text: '{}', message: 'w: requests must be an array of requests' },
    { text: '{"requests": {}}', message: 'w: requests must be an array of requests' },
    { text: '{"requests": [], "x": 1}', message: 'w: the file has an unknown key "x"' },
    { text: '{"requests": [1]}', message: 'w: requests[0] must be an object' },
    { text: '{"requests": [{}]}', message: 'w: requests[0].body must be the body of a REST call, an object' },
    { text: '{"requests": [{"body": {}, "expect": 1}]}', message: 'w: requests[0] has an unknown key "expect"' },
    { text: '{"requests": [{"body": {}, "name": 1}]}', message: 'w: requests[0].name must be a string' },
    {
      text: '{"requests": [{"body": {}, "method": "Predict"}]}',
      message: 'w: requests[0].method must be one of predict, classify, regress',
    },
    ...['-1', 'NaN', 'Infinity', '"1"'].map((tolerance) => ({
      text: `{"requests": [{"body": {}, "tolerance": ${tolerance}}]}`,
      message: 'w: requests[0].tolerance must be a number that is not negative',
    })),
    {
      text: `{"requests": [${'{"body": {}},'.repeat(1000)}{"body": {}}]}`,
      message: 'w: requests has more than 1000 elements',
    },
  ])('refuses $message', ({ text, message }) => {
    expect(() => parseGoldenRequests(text, 'w')).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message }),
    );
  });
});
