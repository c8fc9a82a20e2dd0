import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServingError } from '../../contracts/serving-error.ts';
import { createCrc, crcToBase64, isCrcAlgorithm } from './crc.ts';
import { type DownloadOptions, downloadVersion } from './download-version.ts';
import { createGate } from './gate.ts';
import type { ObjectChecksum, ObjectReader, RemoteObject } from './object-reader.ts';
import type { DownloadProgress } from './progress.ts';
import {
  crc32Of,
  createMemoryObjectReader,
  type MemoryObjectReader,
  objectOf,
  type ReadFault,
  type ReadRequest,
  sampleBytes,
} from './testing/memory-object-reader.ts';
import { TransferError } from './transfer-error.ts';

const KIB = 1024;
const MODEL = sampleBytes(3000 * KIB + 17);
const SMALL = sampleBytes(5 * KIB, 2);
const never = new AbortController().signal;
/** Parts of 512 KiB, so that a small model has several. */
const OPTIONS: DownloadOptions = {
  signal: never,
  partSizeBytes: 512 * KIB,
  partsFromBytes: 1024 * KIB,
  retryDelayMs: () => 0,
};
const reset = (): Error => Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
const slowDown = (): Error => new ServingError('RESOURCE_EXHAUSTED', 'SlowDown');

let directory: string;
let journal: string;
beforeEach(async () => {
  const home = await mkdtemp(join(tmpdir(), 'slipway download é-'));
  directory = join(home, 'files');
  journal = join(home, 'journal');
  await mkdir(directory);
});
afterEach(() => rm(join(directory, '..'), { recursive: true, force: true }));

const contents = { 'model.onnx': MODEL };
const model = objectOf('model.onnx', MODEL);

/** Faults for the first requests, in order. */
const first =
  (...faults: readonly (ReadFault | undefined)[]) =>
  ({ index }: ReadRequest): ReadFault | undefined =>
    faults[index];

async function sha(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(join(directory, path)))
    .digest('hex');
}
const shaOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('downloadVersion', () => {
  it('writes each object below the directory, whatever its name and size', async () => {
    const all = { ...contents, 'data/w é 🙂.bin': SMALL, 'data/deep/empty.bin': new Uint8Array() };
    const reader = createMemoryObjectReader(all);
    const objects = Object.entries(all).map(([path, bytes]) => objectOf(path, bytes));
    const files = await downloadVersion(objects, directory, reader, OPTIONS);
    for (const [path, bytes] of Object.entries(all)) expect(await sha(path)).toBe(shaOf(bytes));
    expect(files.map(({ object: { path }, verified }) => [path, verified])).toEqual([
      ['model.onnx', 'size'],
      ['data/w é 🙂.bin', 'size'],
      ['data/deep/empty.bin', 'size'],
    ]);
    expect(files[1]?.checksum).toEqual({ algorithm: 'CRC32', value: crc32Of(SMALL).value });
    // Six parts, one small file, and nothing to ask of an empty one.
    expect(reader.requests).toHaveLength(7);
    expect(reader.openBodies).toBe(0);
  });

  it.each([
    ['CRC32', crc32Of(MODEL)],
    ['CRC32C', checksumOf('CRC32C')],
    ['CRC64NVME', checksumOf('CRC64NVME')],
    ['SHA1', hashOf('SHA1')],
    ['SHA256', hashOf('SHA256')],
    ['MD5', hashOf('MD5')],
  ] as const)('proves the bytes by the %s of the whole', async (_, checksum) => {
    const objects = [{ ...model, checksum }];
    const files = await downloadVersion(objects, directory, createMemoryObjectReader(contents), OPTIONS);
    const { algorithm, value } = checksum;
    const verified = algorithm === 'MD5' ? 'md5' : 'checksum';
    expect(files).toMatchObject([{ verified, checksum: { algorithm, value } }]);

    const wrong = [{ ...model, checksum: { ...checksum, value: `${value.slice(1)}${value.slice(0, 1)}` } }];
    const lying = downloadVersion(wrong, directory, createMemoryObjectReader(contents), OPTIONS);
    await expect(lying).rejects.toMatchObject({ fault: 'corrupt', code: 'DATA_LOSS' });
  });

  it.each([crc32Of(MODEL), checksumOf('CRC64NVME'), hashOf('SHA256')])(
    'takes the checksum of an answer too: $algorithm',
    async (checksum) => {
      const { algorithm, value } = checksum;
      // Stores tell it with the first bytes only.
      const reader: MemoryObjectReader = createMemoryObjectReader(contents, {
        answerChecksum: () => (reader.requests.length === 1 ? checksum : undefined),
      });
      const files = await downloadVersion([model], directory, reader, { ...OPTIONS, journal });
      expect(files).toMatchObject([{ verified: 'checksum', checksum: { algorithm, value } }]);
      const inline = algorithm === 'SHA256' ? 'CRC32' : algorithm;
      const lines = (await readFile(journal, 'utf8')).trim().split('\n');
      expect(lines.map((line) => JSON.parse(line).algorithm)).toEqual(Array.from({ length: 6 }, () => inline));
      expect(reader.mostOpenBodies).toBeGreaterThan(1);
    },
  );

  it.each([
    { algorithm: 'CRC32', sizes: [1024 * KIB, 1024 * KIB, 952 * KIB + 17], asked: [1] },
    { algorithm: 'CRC32C', sizes: [1024 * KIB, 1024 * KIB, 952 * KIB + 17], asked: [1] },
    { algorithm: 'CRC64NVME', sizes: [1024 * KIB, 1024 * KIB, 952 * KIB + 17], asked: [1] },
    { algorithm: 'SHA256', sizes: [MODEL.length], asked: [1] },
    // The first part is no hint here, or a wrong one.
    { algorithm: 'SHA1', sizes: [500 * KIB, 2000 * KIB, 500 * KIB + 17], asked: [1, 2, 3] },
    { algorithm: 'CRC32', sizes: [1024 * KIB, 1000 * KIB, 976 * KIB + 17], asked: [1, 2, 3] },
  ] as const)('proves the bytes by the $algorithm over parts of $sizes', async ({ algorithm, sizes, asked }) => {
    const checksum = compositeOf(algorithm, sizes);
    const reader = createMemoryObjectReader(contents, { partSizes: sizes });
    const files = await downloadVersion([{ ...model, checksum }], directory, reader, OPTIONS);
    expect(files).toMatchObject([{ verified: 'composite', checksum: { algorithm, value: checksum.value } }]);
    expect(reader.askedParts).toEqual(asked);

    const wrong = createMemoryObjectReader(contents, {
      partSizes: sizes,
      fault: ({ start }) => ({ kind: 'flip bit', at: start === 0 ? 70 : -1 }),
    });
    const lying = downloadVersion([{ ...model, checksum }], directory, wrong, OPTIONS);
    await expect(lying).rejects.toMatchObject({ fault: 'corrupt', message: expect.stringContaining(algorithm) });
  });

  it('proves what came before by the parts, too', async () => {
    const sizes = [1024 * KIB, 1024 * KIB, 952 * KIB + 17];
    const checksum = compositeOf('SHA256', sizes);
    const broken = createMemoryObjectReader(contents, {
      answerChecksum: () => checksum,
      fault: ({ start }) =>
        start > 2000 * KIB ? { kind: 'reject', error: new ServingError('INTERNAL', 'no') } : undefined,
    });
    const options = { ...OPTIONS, journal, requestsPerFile: 1 };
    await expect(downloadVersion([model], directory, broken, options)).rejects.toThrow('no');
    const reader = createMemoryObjectReader(contents, { partSizes: sizes });
    const files = await downloadVersion([model], directory, reader, options);
    expect(files).toMatchObject([{ verified: 'composite' }]);
    expect(reader.requests.every(({ start }) => start > 2000 * KIB)).toBe(true);
  });

  it.each([
    { what: 'knows no parts', partSizes: undefined },
    { what: 'has lost its parts', partSizes: [] },
    { what: 'is wrong about its parts', partSizes: [1, 2, 3] },
  ])('has only the size to go by where the store $what', async ({ partSizes }) => {
    const checksum = compositeOf('CRC32', [1024 * KIB, 1024 * KIB, 952 * KIB + 17]);
    const reader = createMemoryObjectReader(contents, partSizes && { partSizes });
    const files = await downloadVersion([{ ...model, checksum }], directory, reader, OPTIONS);
    expect(files).toMatchObject([{ verified: 'size', checksum: { algorithm: 'CRC32', value: crc32Of(MODEL).value } }]);
  });

  it('does not compare a checksum of checksums of unknown parts', async () => {
    const checksum = { algorithm: 'SHA256', value: 'AAAA', wholeObject: false } as const;
    const files = await downloadVersion(
      [{ ...model, checksum }],
      directory,
      createMemoryObjectReader(contents),
      OPTIONS,
    );
    expect(files).toMatchObject([{ verified: 'size', checksum: { algorithm: 'CRC32' } }]);
  });

  it('reads a range again whose connection breaks, from the byte where it broke', async () => {
    const fault = first({ kind: 'break', after: 200 * KIB, error: reset() }, { kind: 'truncate', after: 100 * KIB });
    const reader = createMemoryObjectReader(contents, { fault });
    const one = { ...OPTIONS, partsFromBytes: Infinity };
    await downloadVersion([{ ...model, checksum: crc32Of(MODEL) }], directory, reader, one);
    expect(reader.requests.map(({ start }) => start)).toEqual([0, 200 * KIB, 300 * KIB]);
    expect(reader.sentBytes).toBe(MODEL.length);
    expect(await sha('model.onnx')).toBe(shaOf(MODEL));
  });

  it('goes on for as long as each attempt brings something', async () => {
    const fault = (): ReadFault => ({ kind: 'break', after: 64 * KIB, error: reset() });
    const reader = createMemoryObjectReader(contents, { fault });
    await downloadVersion([{ ...model, checksum: crc32Of(MODEL) }], directory, reader, OPTIONS);
    expect(reader.requests.length).toBeGreaterThan(40);
    expect(await sha('model.onnx')).toBe(shaOf(MODEL));
  });

  it.each([
    {
      when: 'connections that break',
      kind: 'break',
      after: 0,
      code: 'UNAVAILABLE',
      says: 'model.onnx: the connection broke (ECONNRESET)',
    },
    {
      when: 'connections that break after a few bytes',
      kind: 'break',
      after: 100,
      code: 'UNAVAILABLE',
      says: 'the connection broke',
    },
    {
      when: 'answers that end early',
      kind: 'truncate',
      after: 100,
      code: 'UNAVAILABLE',
      says: "model.onnx: the server's answer ended after 100 B of",
    },
  ] as const)('gives up after five attempts with $when', async ({ kind, after, code, says }) => {
    const fault = (): ReadFault => (kind === 'break' ? { kind, after, error: reset() } : { kind, after });
    const reader = createMemoryObjectReader(contents, { fault });
    const one = { ...OPTIONS, partsFromBytes: Infinity };
    const failing = downloadVersion([model], directory, reader, one);
    await expect(failing).rejects.toMatchObject({ code, message: expect.stringContaining(says) });
    expect(reader.requests).toHaveLength(5);
    expect(reader.openBodies).toBe(0);
  });

  it.each([
    { when: 'before the head', fault: { kind: 'hang' } },
    { when: 'before the head, whatever one does', fault: { kind: 'hang', deaf: true } },
    { when: 'in the body', fault: { kind: 'stall', after: 100 * KIB } },
    { when: 'in the body, whatever one does', fault: { kind: 'stall', after: 100 * KIB, deaf: true } },
  ] as const)('begins again when nothing comes $when', async ({ fault }) => {
    const reader = createMemoryObjectReader(contents, { fault: first(fault) });
    await downloadVersion([{ ...model, checksum: crc32Of(MODEL) }], directory, reader, {
      ...OPTIONS,
      idleTimeoutMs: 300,
    });
    expect(reader.requests.length).toBeGreaterThan(6);
    expect(await sha('model.onnx')).toBe(shaOf(MODEL));

    const silent = createMemoryObjectReader(contents, { fault: () => ({ kind: 'hang', deaf: true }) });
    const failing = downloadVersion([model], directory, silent, { ...OPTIONS, idleTimeoutMs: 20 });
    const expected = {
      fault: 'stalled',
      code: 'UNAVAILABLE',
      message: expect.stringContaining('nothing came for 0 s'),
    };
    await expect(failing).rejects.toMatchObject(expected);
  });

  it('gives up a connection that drips', async () => {
    let open = 0;
    const dripping: ObjectReader = {
      read: (_object, _start, _end, signal) =>
        Promise.resolve({
          body: (async function* () {
            open += 1;
            try {
              for (;;) {
                await delay(20, undefined, { signal });
                yield new Uint8Array(1);
              }
            } finally {
              open -= 1;
            }
          })(),
        }),
    };
    // However busy the machine is: it is never silent for a minute.
    const patience = { idleTimeoutMs: 60_000, minBytesPerSecond: 10_000_000, slowForMs: 5, attempts: 2 };
    const failing = downloadVersion([model], directory, dripping, { ...OPTIONS, ...patience });
    await expect(failing).rejects.toMatchObject({
      fault: 'stalled',
      message: expect.stringContaining('next to nothing'),
    });
    await vi.waitUntil(() => open === 0);
  });

  it('fetches a file once more whose bits are not those that were stored, then gives it up', async () => {
    const objects = [{ ...model, checksum: crc32Of(MODEL) }];
    const once = createMemoryObjectReader(contents, { fault: first(undefined, { kind: 'flip bit', at: 70_000 }) });
    await downloadVersion(objects, directory, once, OPTIONS);
    expect(once.requests).toHaveLength(12);
    expect(await sha('model.onnx')).toBe(shaOf(MODEL));

    const fault = ({ start }: ReadRequest): ReadFault | undefined =>
      start === 0 ? { kind: 'flip bit', at: 70_000 } : undefined;
    const always = createMemoryObjectReader(contents, { fault });
    await expect(downloadVersion(objects, directory, always, OPTIONS)).rejects.toMatchObject({
      fault: 'corrupt',
      message: expect.stringMatching(/^model\.onnx: .*CRC32 differs/u),
    });
    expect(always.requests).toHaveLength(12);
  });

  it('never mixes two revisions', async () => {
    const reader: MemoryObjectReader = createMemoryObjectReader(contents, {
      fault: ({ index }) => {
        if (index === 2) reader.replace('model.onnx', '"new"');
        return undefined;
      },
    });
    const failing = downloadVersion([model], directory, reader, { ...OPTIONS, gate: createGate(1) });
    await expect(failing).rejects.toMatchObject({ fault: 'changed', code: 'ABORTED' });
    // The next one in the queue may have begun.
    expect(reader.requests.length).toBeLessThanOrEqual(4);
  });

  it.each([
    { what: 'more bytes than asked for', fault: { kind: 'extra', bytes: 1 }, expected: { fault: 'bad server' } },
    {
      what: 'a denial',
      fault: { kind: 'reject', error: new ServingError('PERMISSION_DENIED', 'no') },
      expected: { code: 'PERMISSION_DENIED', message: 'no' },
    },
    {
      what: 'a wrong range',
      fault: { kind: 'reject', error: new TransferError('bad server', 'no') },
      expected: { fault: 'bad server' },
    },
  ] as const)('does not try again after $what', async ({ fault, expected }) => {
    const reader = createMemoryObjectReader(contents, { fault: first(fault) });
    await expect(downloadVersion([model], directory, reader, OPTIONS)).rejects.toMatchObject(expected);
    expect(reader.requests.filter(({ start }) => start === 0)).toHaveLength(1);
    expect(reader.openBodies).toBe(0);
  });

  it('asks for less at a time when it was too much, and for more again later', async () => {
    const gate = createGate(8);
    const widths: number[] = [];
    const fault = ({ index }: ReadRequest): ReadFault | undefined => {
      widths.push(gate.width);
      return index < 4 ? { kind: 'reject', error: slowDown() } : undefined;
    };
    const reader = createMemoryObjectReader(contents, { fault });
    await downloadVersion([{ ...model, checksum: crc32Of(MODEL) }], directory, reader, { ...OPTIONS, gate });
    expect(Math.min(...widths)).toBeLessThan(8);
    expect(gate.width).toBe(8);

    const closed = createMemoryObjectReader(contents, { fault: () => ({ kind: 'reject', error: slowDown() }) });
    await expect(downloadVersion([model], directory, closed, { ...OPTIONS, gate })).rejects.toThrow('SlowDown');
    expect(gate.width).toBe(1);
  });

  it('is told in which words a store asks for less', async () => {
    const gate = createGate(8);
    const busy = new ServingError('UNAVAILABLE', 'busy');
    const closed = createMemoryObjectReader(contents, { fault: () => ({ kind: 'reject', error: busy }) });
    const options = { ...OPTIONS, gate, isThrottled: (error: unknown) => error === busy };
    await expect(downloadVersion([model], directory, closed, options)).rejects.toThrow('busy');
    expect(gate.width).toBe(1);
  });

  it('keeps to the widths that were set', async () => {
    const large = sampleBytes(4000 * KIB, 3);
    const reader = createMemoryObjectReader({ ...contents, 'b.bin': large }, { pieceBytes: 16 * KIB });
    const objects = [model, objectOf('b.bin', large)];
    await downloadVersion(objects, directory, reader, { ...OPTIONS, requestsPerFile: 2 });
    expect(reader.mostOpenBodies).toBe(4);
  });

  it('ends at once when it is cancelled', async () => {
    const stop = new AbortController();
    const fault = ({ index }: ReadRequest): ReadFault => {
      if (index === 5) setImmediate(() => stop.abort());
      return { kind: 'stall', after: KIB };
    };
    const reader = createMemoryObjectReader(contents, { fault });
    const stopped = downloadVersion([model], directory, reader, { ...OPTIONS, signal: stop.signal });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(reader.openBodies).toBe(0);
    await expect(
      downloadVersion([model], directory, reader, { ...OPTIONS, signal: stop.signal }),
    ).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });

  it('tells how far it is, up to the end', async () => {
    const seen: DownloadProgress[] = [];
    const onProgress = (progress: DownloadProgress): number => seen.push(progress);
    await downloadVersion([model], directory, createMemoryObjectReader(contents), { ...OPTIONS, onProgress });
    expect(seen.at(-1)).toEqual({ doneBytes: MODEL.length, totalBytes: MODEL.length, file: 'model.onnx' });
    expect(seen.map(({ doneBytes }) => doneBytes)).toEqual(
      seen.map(({ doneBytes }) => doneBytes).toSorted((a, b) => a - b),
    );
  });

  it('refuses keys that lead out of the directory before anything is read', async () => {
    const reader = createMemoryObjectReader(contents);
    const objects = [model, { ...model, path: '../escaped' }];
    await expect(downloadVersion(objects, directory, reader, OPTIONS)).rejects.toMatchObject({ fault: 'unsafe key' });
    expect(reader.requests).toEqual([]);
    expect(await readdir(directory)).toEqual([]);
  });

  it('does not write through links that someone put there', async () => {
    const elsewhere = join(directory, '..', 'elsewhere');
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, 'a'), 'mine');
    await symlink(elsewhere, join(directory, 'data'));
    await symlink(join(elsewhere, 'a'), join(directory, 'a'));
    const reader = createMemoryObjectReader({ 'data/b': SMALL, a: SMALL });
    for (const path of ['data/b', 'a']) {
      await expect(downloadVersion([objectOf(path, SMALL)], directory, reader, OPTIONS)).rejects.toThrow(
        'cache cannot be written',
      );
    }
    expect(await readdir(elsewhere)).toEqual(['a']);
    expect(await readFile(join(elsewhere, 'a'), 'utf8')).toBe('mine');
  });

  it('names no local path when the disk refuses', async () => {
    await writeFile(join(directory, 'data'), '');
    const failing = downloadVersion(
      [objectOf('data/b', SMALL)],
      directory,
      createMemoryObjectReader({ 'data/b': SMALL }),
      OPTIONS,
    );
    const error: unknown = await failing.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('EEXIST') });
    expect(String(error)).not.toContain(tmpdir());
  });
});

describe('downloadVersion with a journal', () => {
  const verified: RemoteObject = { ...model, checksum: crc32Of(MODEL) };
  /** Four of six parts, then the end. */
  async function interrupted(): Promise<void> {
    const fault = ({ index }: ReadRequest): ReadFault | undefined =>
      index < 4 ? undefined : { kind: 'reject', error: new ServingError('PERMISSION_DENIED', 'no') };
    const options = { ...OPTIONS, journal, gate: createGate(1) };
    await expect(
      downloadVersion([verified], directory, createMemoryObjectReader(contents, { fault }), options),
    ).rejects.toThrow('no');
  }
  async function resumed(objects = [verified]): Promise<{ starts: number[]; reader: MemoryObjectReader }> {
    const reader = createMemoryObjectReader(contents);
    await downloadVersion(objects, directory, reader, { ...OPTIONS, journal });
    expect(await sha('model.onnx')).toBe(shaOf(MODEL));
    return { starts: reader.requests.map(({ start }) => start / 512 / KIB).toSorted((a, b) => a - b), reader };
  }

  it('fetches only what has not come', async () => {
    await interrupted();
    expect(await resumed()).toMatchObject({ starts: [4, 5] });
    // Once more, nothing is left to fetch, and all is compared again.
    expect(await resumed()).toMatchObject({ starts: [] });
  });

  it('does not believe a journal that the disk contradicts', async () => {
    await interrupted();
    const path = join(directory, 'model.onnx');
    const bytes = await readFile(path);
    bytes[600 * KIB] = (bytes[600 * KIB] ?? 0) ^ 1;
    await writeFile(path, bytes);
    await truncate(path, 3.5 * 512 * KIB);
    expect(await resumed()).toMatchObject({ starts: [1, 3, 4, 5] });
  });

  it('reads on after a line that was cut off', async () => {
    await interrupted();
    const text = await readFile(journal, 'utf8');
    await writeFile(journal, text.slice(0, -10));
    expect(await resumed()).toMatchObject({ starts: [3, 4, 5] });
    expect(await resumed()).toMatchObject({ starts: [] });
  });

  it('begins anew where it is not the same content', async () => {
    await interrupted();
    const text = await readFile(journal, 'utf8');
    await writeFile(journal, text.replaceAll(JSON.stringify(model.revision), '"other"'));
    expect(await resumed()).toMatchObject({ starts: [0, 1, 2, 3, 4, 5] });
  });

  it('fetches anew what the checksum proves wrong, though the journal vouches for it', async () => {
    const fault = ({ index, start }: ReadRequest): ReadFault | undefined => {
      if (start === 0) return { kind: 'flip bit', at: 5 };
      return index < 4 ? undefined : { kind: 'reject', error: new ServingError('PERMISSION_DENIED', 'no') };
    };
    const options = { ...OPTIONS, journal, gate: createGate(1) };
    const failing = downloadVersion([verified], directory, createMemoryObjectReader(contents, { fault }), options);
    await expect(failing).rejects.toThrow('no');
    expect((await resumed()).starts).toEqual([0, 1, 2, 3, 4, 4, 5, 5]);
  });

  it('knows what to compare with though nothing is left to ask for', async () => {
    const checksum = crc32Of(MODEL);
    const told = createMemoryObjectReader(contents, { answerChecksum: () => checksum });
    await downloadVersion([model], directory, told, { ...OPTIONS, journal });
    const silent = createMemoryObjectReader(contents);
    const files = await downloadVersion([model], directory, silent, { ...OPTIONS, journal });
    expect(silent.requests).toEqual([]);
    expect(files).toMatchObject([{ verified: 'checksum', checksum: { value: checksum.value } }]);
  });

  it('leaves none without being told to', async () => {
    await downloadVersion([verified], directory, createMemoryObjectReader(contents), OPTIONS);
    await expect(access(journal)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

function checksumOf(algorithm: 'CRC32C' | 'CRC64NVME'): ObjectChecksum {
  const crc = createCrc(algorithm);
  crc.update(MODEL);
  return { algorithm, value: crcToBase64(algorithm, crc.value()), wholeObject: true };
}

function hashOf(algorithm: 'SHA1' | 'SHA256' | 'MD5'): ObjectChecksum {
  return { algorithm, value: createHash(algorithm).update(MODEL).digest('base64'), wholeObject: true };
}

/** The checksum of the checksums of consecutive parts, as S3 has it. */
function compositeOf(algorithm: ObjectChecksum['algorithm'], sizes: readonly number[]): ObjectChecksum {
  const digest = (bytes: Uint8Array): Buffer => {
    if (!isCrcAlgorithm(algorithm)) return createHash(algorithm).update(bytes).digest();
    const crc = createCrc(algorithm);
    crc.update(bytes);
    return Buffer.from(crcToBase64(algorithm, crc.value()), 'base64');
  };
  let start = 0;
  const digests = sizes.map((size) => {
    start += size;
    return digest(MODEL.subarray(start - size, start));
  });
  const value = `${digest(Buffer.concat(digests)).toString('base64')}-${sizes.length}`;
  return { algorithm, value, wholeObject: false };
}
