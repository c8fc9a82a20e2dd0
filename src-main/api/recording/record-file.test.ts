import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LogFields, type Logger, silentLogger } from '../../contracts/logger.ts';
import { RecordedRequest } from '../../contracts/ui-traffic.ts';
import { outcome } from '../testing/outcomes.ts';
import { createRecordFile, type RecordFileOptions } from './record-file.ts';
import { createRequestRecorder } from './request-recorder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-records-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const pathOf = (name = 'calls.jsonl'): string => join(folder, name);

function setUp(options: Partial<RecordFileOptions> = {}) {
  const lines: string[] = [];
  const note = (_: LogFields, message: string): void => {
    lines.push(message);
  };
  const log: Logger = { ...silentLogger, warn: note, error: note };
  const file = createRecordFile({ path: pathOf(), ...options }, log);
  const { observe } = createRequestRecorder(
    { settings: { enabled: true, sampleRate: 1, bodies: false, maxBodyBytes: 0 } },
    { onRecorded: (record) => file.write(record) },
  );
  return { file, observe, lines };
}

async function sequencesIn(name?: string): Promise<readonly number[]> {
  const text = await readFile(pathOf(name), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => RecordedRequest.parse(JSON.parse(line)).sequence);
}

const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, index) => index + 1);

describe('the file of recorded calls', () => {
  it('has every call, in order, once it is closed', async () => {
    const { file, observe } = setUp();
    for (let call = 0; call < 1000; call += 1) observe(outcome());
    await file.close();
    expect(await sequencesIn()).toEqual(upTo(1000));
  });

  it.skipIf(process.platform === 'win32')('is for its user alone', async () => {
    const { file, observe } = setUp();
    observe(outcome());
    await file.close();
    expect((await stat(pathOf())).mode & 0o777).toBe(0o600);
  });

  it('is begun with the first call', async () => {
    const { file, observe } = setUp();
    expect(await readdir(folder)).toEqual([]);
    observe(outcome());
    await file.close();
    expect(await readdir(folder)).toEqual(['calls.jsonl']);
  });

  it('keeps what was in it', async () => {
    await writeFile(pathOf(), 'before\n');
    const { file, observe } = setUp();
    observe(outcome());
    await file.close();
    expect(await readFile(pathOf(), 'utf8')).toMatch(/^before\n\{"sequence":1,/u);
  });

  it('is renamed when it gets too large, in place of the one before', async () => {
    const line = 400;
    const { file, observe } = setUp({ maxBytes: 250 * line });
    for (let call = 0; call < 1500; call += 1) observe(outcome());
    await file.close();
    expect((await readdir(folder)).toSorted()).toEqual(['calls.jsonl', 'calls.jsonl.1']);
    const last = [...(await sequencesIn('calls.jsonl.1')), ...(await sequencesIn())];
    expect(last.at(-1)).toBe(1500);
    expect(last).toEqual(upTo(1500).slice(-last.length));
    expect((await stat(pathOf('calls.jsonl.1'))).size).toBeLessThanOrEqual(250 * line);
  });

  it('takes no calls after it was closed', async () => {
    const { file, observe } = setUp();
    await file.close();
    observe(outcome());
    await file.close();
    expect(await readdir(folder)).toEqual([]);
  });

  it('that cannot be written is told once, hurts nothing, and is tried again', async () => {
    const path = pathOf('later/calls.jsonl');
    const { file, observe, lines } = setUp({ path, retryMs: 0 });
    observe(outcome());
    await expect.poll(() => lines).toEqual(['recorded calls cannot be written to their file']);
    observe(outcome());
    await mkdir(join(folder, 'later'));
    await expect
      .poll(async () => {
        observe(outcome());
        return readdir(join(folder, 'later'));
      })
      .toEqual(['calls.jsonl']);
    await file.close();
    expect(lines).toEqual([
      'recorded calls cannot be written to their file',
      'recorded calls are written to their file again',
    ]);
  });

  it('that cannot be written takes no memory meanwhile', async () => {
    const path = pathOf('never/calls.jsonl');
    const file = createRecordFile({ path }, silentLogger);
    let asked = 0;
    const record = (): RecordedRequest => {
      asked += 1;
      return RecordedRequest.parse({
        sequence: asked,
        atMs: 0,
        entrypoint: 'REST',
        method: 'predict',
        model: 'm',
        code: 'OK',
        durationMs: 0,
        requestBytes: 0,
        responseBytes: 0,
      });
    };
    for (let call = 0; call < 20_000; call += 1) file.write(record);
    await file.close();
    expect(asked).toBeLessThanOrEqual(200);
  });
});
