import { describe, expect, it } from 'vitest';
import { firstFrame, FRAME, FrameError, FrameReader, FrameWriter, FRAME_HEADER_BYTES, readResult } from './frames.ts';

interface Seen {
  readonly type: number;
  readonly requestId: number;
  readonly handle: number;
  readonly payload: string;
  readonly call: number;
}

/** Collects what a writer hands over; corked writes count as one. */
function recordingSink(): {
  writes: Buffer[];
  bytes(): Buffer;
  write(b: Uint8Array): void;
  cork(): void;
  uncork(): void;
} {
  const writes: Buffer[] = [];
  let corked: Buffer[] | undefined;
  return {
    writes,
    bytes: () => Buffer.concat(writes),
    write: (bytes) => void (corked ?? writes).push(Buffer.from(bytes)),
    cork: () => {
      corked = [];
    },
    uncork: () => {
      writes.push(Buffer.concat(corked ?? []));
      corked = undefined;
    },
  };
}

const SMALL = Buffer.from('{"instances":[1]}');
const LARGE = Buffer.alloc(200_000, 'x');

function exampleStream(): { bytes: Buffer; frames: Seen[] } {
  const sink = recordingSink();
  const writer = new FrameWriter(sink);
  writer.add(FRAME.request, 1, 7, [SMALL], SMALL.length, 3);
  writer.add(FRAME.cancel, 0x7fff_ffff, 7, [], 0);
  writer.add(FRAME.request, 2, 0xffff_ffff, [LARGE, SMALL, LARGE], LARGE.length * 2 + SMALL.length, 255);
  writer.add(FRAME.control, 0, 0, [SMALL], SMALL.length);
  writer.flush();
  return {
    bytes: sink.bytes(),
    frames: [
      { type: FRAME.request, requestId: 1, handle: 7, payload: String(SMALL), call: 3 },
      { type: FRAME.cancel, requestId: 0x7fff_ffff, handle: 7, payload: '', call: 0 },
      { type: FRAME.request, requestId: 2, handle: 0xffff_ffff, payload: [LARGE, SMALL, LARGE].join(''), call: 255 },
      { type: FRAME.control, requestId: 0, handle: 0, payload: String(SMALL), call: 0 },
    ],
  };
}

function collector(maxFrameBytes?: number): { frames: Seen[]; reader: FrameReader } {
  const frames: Seen[] = [];
  const onFrame = (type: number, requestId: number, handle: number, payload: Buffer, call: number): void => {
    frames.push({ type, requestId, handle, payload: payload.toString(), call });
  };
  return { frames, reader: new FrameReader(onFrame, maxFrameBytes) };
}

describe('FrameReader', () => {
  it.each([1, 3, 15, 16, 17, 33, 1000, 65_536, 10_000_000])('reads what comes in chunks of %i bytes', (size) => {
    const { bytes, frames } = exampleStream();
    const { reader, frames: seen } = collector();
    for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size), false);
    expect(seen).toEqual(frames);
  });

  it('reads through one reused buffer and straight into large frames', () => {
    const { bytes, frames } = exampleStream();
    const { reader, frames: seen } = collector();
    const scratch = Buffer.alloc(4096);
    let directReads = 0;
    for (let at = 0; at < bytes.length;) {
      const vacant = reader.vacant();
      const copied = bytes.copy(vacant ?? scratch, 0, at);
      at += copied;
      if (vacant) {
        directReads += 1;
        reader.filled(copied);
      } else {
        reader.push(scratch.subarray(0, copied), true);
      }
    }
    expect(seen).toEqual(frames);
    expect(directReads).toBe(1);
  });

  it('does not keep payloads in a buffer that is reused', () => {
    const sink = recordingSink();
    const writer = new FrameWriter(sink);
    writer.add(FRAME.request, 1, 1, [SMALL], SMALL.length);
    writer.flush();
    const payloads: Buffer[] = [];
    const chunk = sink.bytes();
    new FrameReader((_type, _id, _handle, payload) => payloads.push(payload)).push(chunk, true);
    chunk.fill(0);
    expect(payloads.map(String)).toEqual([String(SMALL)]);
  });

  it('refuses a frame above the limit before it allocates it', () => {
    const { reader } = collector(1000);
    const header = Buffer.alloc(FRAME_HEADER_BYTES);
    header.writeUInt32LE(0xffff_ffff);
    expect(() => reader.push(header, false)).toThrow(FrameError);
  });
});

describe('FrameWriter', () => {
  it('hands small frames over as one write and large ones as one vector', () => {
    const sink = recordingSink();
    const writer = new FrameWriter(sink);
    for (let id = 1; id <= 100; id += 1) writer.add(FRAME.request, id, 1, [SMALL], SMALL.length);
    writer.flush();
    expect(sink.writes).toHaveLength(1);
    writer.add(FRAME.request, 101, 1, [LARGE], LARGE.length);
    writer.flush();
    expect(sink.writes).toHaveLength(2);
    writer.flush();
    expect(sink.writes).toHaveLength(2);
  });

  it('keeps the order and every byte when many frames outgrow its memory', () => {
    const sink = recordingSink();
    const writer = new FrameWriter(sink);
    const { reader, frames } = collector();
    const bodies = Array.from({ length: 500 }, (_, index) => Buffer.alloc((index * 977) % 20_000, String(index % 10)));
    bodies.forEach((body, index) => writer.add(FRAME.request, index + 1, 1, [body], body.length));
    writer.flush();
    reader.push(sink.bytes(), false);
    expect(frames.map(({ requestId, payload }) => ({ requestId, payload }))).toEqual(
      bodies.map((body, index) => ({ requestId: index + 1, payload: String(body) })),
    );
  });

  it.each([0, 10, 100_000])('puts the times and rows in front of a result of %i bytes', (size) => {
    const sink = recordingSink();
    const writer = new FrameWriter(sink);
    const facts = { queueMs: 1.5, runMs: 0.25, batchRows: 70_000, rows: 66_000, runRows: 65_536, paddingRows: 3 };
    writer.addResult(5, 6, { ...facts, body: Buffer.alloc(size, 'r') });
    writer.flush();
    const payloads: Buffer[] = [];
    new FrameReader((_type, _id, _handle, payload) => payloads.push(payload)).push(sink.bytes(), false);
    const [payload] = payloads;
    expect(payload && readResult(payload)).toEqual({ ...facts, body: Buffer.alloc(size, 'r') });
  });
});

describe('firstFrame', () => {
  it('waits for a whole frame and keeps what follows', () => {
    const { bytes } = exampleStream();
    const end = FRAME_HEADER_BYTES + SMALL.length;
    expect(firstFrame(bytes.subarray(0, end - 1), 1024)).toBeUndefined();
    const first = firstFrame(bytes, 1024);
    expect(first?.type).toBe(FRAME.request);
    expect(String(first?.payload)).toBe(String(SMALL));
    expect(first?.rest.equals(bytes.subarray(end))).toBe(true);
  });

  it('refuses a first frame above the limit', () => {
    const header = Buffer.alloc(FRAME_HEADER_BYTES);
    header.writeUInt32LE(1025);
    expect(() => firstFrame(header, 1024)).toThrow(FrameError);
  });
});
