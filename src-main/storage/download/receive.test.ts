import { describe, expect, it, vi } from 'vitest';
import { type Patience, receive } from './receive.ts';
import { createMemoryObjectReader, objectOf, type ReadFault, sampleBytes } from './testing/memory-object-reader.ts';

const MODEL = sampleBytes(300 * 1024 + 17);
const model = objectOf('model.onnx', MODEL);
const PATIENCE: Patience = { idleTimeoutMs: 10_000, minBytesPerSecond: 1, slowForMs: 60_000 };
const reset = (): Error => Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
const timeout = (): Error => Object.assign(new Error('no more words'), { name: 'TimeoutError' });

describe.each([{ asStreams: true }, { asStreams: false }])(
  'receive, bodies as streams: $asStreams',
  ({ asStreams }) => {
    function start(
      fault: ReadFault | undefined,
      onBytes: (bytes: Uint8Array) => Promise<void> | undefined,
      patience: Partial<Patience> = {},
      signal = new AbortController().signal,
    ) {
      const reader = createMemoryObjectReader({ 'model.onnx': MODEL }, { fault: () => fault, asStreams });
      const request = { reader, object: model, start: 0, end: MODEL.length };
      const done = receive(request, { onHead: () => undefined, onBytes }, { ...PATIENCE, ...patience }, signal);
      return { done, reader };
    }

    it('hands on all bytes in order, and none while others are being worked on', async () => {
      const pieces: Uint8Array[] = [];
      let working = 0;
      const { done, reader } = start(undefined, (bytes) => {
        expect(working).toBe(0);
        pieces.push(Uint8Array.from(bytes));
        if (pieces.length % 2 === 0) return undefined;
        working += 1;
        return new Promise((resolve) => {
          setImmediate(() => {
            working -= 1;
            resolve();
          });
        });
      });
      await done;
      expect(Buffer.concat(pieces).equals(MODEL)).toBe(true);
      expect(reader.openBodies).toBe(0);
    });

    it.each<{ when: string; fault: ReadFault; expected: object }>([
      { when: 'too much comes', fault: { kind: 'extra', bytes: 1 }, expected: { fault: 'bad server' } },
      { when: 'it ends early', fault: { kind: 'truncate', after: 70_000 }, expected: { fault: 'truncated' } },
      { when: 'it breaks', fault: { kind: 'break', after: 70_000, error: reset() }, expected: { code: 'UNAVAILABLE' } },
      {
        when: 'its reader gives up',
        fault: { kind: 'break', after: 9, error: timeout() },
        expected: { fault: 'stalled' },
      },
      { when: 'nothing more comes', fault: { kind: 'stall', after: 70_000 }, expected: { fault: 'stalled' } },
      { when: 'nobody ends it', fault: { kind: 'stall', after: 9, deaf: true }, expected: { fault: 'stalled' } },
    ])('fails when $when', async ({ fault, expected }) => {
      const idleTimeoutMs = fault.kind === 'stall' ? 200 : 60_000;
      const { done } = start(fault, () => undefined, { idleTimeoutMs });
      await expect(done).rejects.toMatchObject(expected);
    });

    it('passes on what working on a piece throws', async () => {
      const full = new Error('full');
      await expect(start(undefined, () => Promise.reject(full)).done).rejects.toMatchObject({ cause: full });
    });

    it('does not fail before the work on a piece has ended: its bytes are being written', async () => {
      const stop = new AbortController();
      const order: string[] = [];
      const { done } = start(
        undefined,
        async () => {
          stop.abort(new Error('cancelled'));
          await new Promise((resolve) => setImmediate(resolve));
          order.push('written');
        },
        {},
        stop.signal,
      );
      await expect(done.finally(() => order.push('failed'))).rejects.toThrow('cancelled');
      expect(order).toEqual(['written', 'failed']);
    });

    it('does not count the time that work takes as silence', async () => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
      let worked = 0;
      const { done } = start(
        undefined,
        async () => {
          worked += 1;
          await vi.advanceTimersByTimeAsync(60_000);
        },
        { idleTimeoutMs: 400 },
      );
      await expect(done.finally(() => vi.useRealTimers())).resolves.toBeUndefined();
      expect(worked).toBeGreaterThan(0);
    });
  },
);
