import { describe, expect, it } from 'vitest';
import { ServableName, ServableVersion } from '../contracts/ids.ts';
import { type Logger, silentLogger } from '../contracts/logger.ts';
import { createManualClock } from '../core/testing/manual-clock.ts';
import { createDownloadBoard } from './download-board.ts';

const ID = { name: ServableName.parse('resnet'), version: ServableVersion.parse('3') };
const MEGA = 1_000_000;

function boardWorld() {
  const clock = createManualClock();
  const lines: string[] = [];
  const told: string[] = [];
  const log: Logger = {
    ...silentLogger,
    info: (fields, message) => lines.push(`${message} ${JSON.stringify(fields)}`),
    warn: (fields, message) => lines.push(`${message} ${JSON.stringify(fields)}`),
  };
  const board = createDownloadBoard({ clock, log });
  board.subscribe((name) => told.push(name));
  const progressed = (doneBytes: number): void =>
    board.progressed(ID, { doneBytes, totalBytes: 100 * MEGA, file: 'weights.bin' });
  return { clock, lines, told, board, progressed };
}

describe('the download board', () => {
  it('knows how far a download is, and how fast it was of late', async () => {
    const { clock, board, progressed } = boardWorld();
    progressed(40 * MEGA);
    expect(board.of(ID)).toEqual({ doneBytes: 40 * MEGA, totalBytes: 100 * MEGA, file: 'weights.bin' });
    for (let done = 41; done <= 50; done += 1) {
      await clock.advance(1000);
      progressed(done * MEGA);
    }
    expect(board.of(ID)?.bytesPerSecond).toBe(MEGA);
    for (let done = 54; done <= 70; done += 4) {
      await clock.advance(1000);
      progressed(done * MEGA);
    }
    expect(board.of(ID)).toMatchObject({ doneBytes: 70 * MEGA, bytesPerSecond: 4 * MEGA });
  });

  it('forgets it when it is over', () => {
    const { board, progressed, told, lines } = boardWorld();
    progressed(0);
    board.ended(ID, 'failed');
    expect(board.of(ID)).toBeUndefined();
    expect(told).toEqual(['resnet', 'resnet']);
    expect(lines.at(-1)).toContain('the download ended before its end');
  });

  it('shows that nothing comes, and that it goes on', async () => {
    const { clock, board, progressed, told, lines } = boardWorld();
    for (let done = 0; done <= 5; done += 1) {
      progressed(done * MEGA);
      await clock.advance(1000);
    }
    const lastMs = clock.now() - 1000;
    expect(board.of(ID)?.bytesPerSecond).toBe(0.8 * MEGA);
    await clock.advance(1000);
    expect(board.of(ID)?.bytesPerSecond).toBeLessThan(MEGA);
    expect(board.of(ID)?.stalledSinceMs).toBeUndefined();
    await clock.advance(1000);
    expect(board.of(ID)).toMatchObject({ bytesPerSecond: 0, stalledSinceMs: lastMs });
    expect(lines.at(-1)).toContain('the download stalls');
    told.length = 0;
    await clock.advance(60_000);
    expect(told).toEqual([]);
    progressed(6 * MEGA);
    expect(told).toEqual(['resnet']);
    expect(board.of(ID)).not.toHaveProperty('stalledSinceMs');
    board.ended(ID, 'failed');
    expect(clock.pendingSleeps).toBe(0);
  });

  it('cancels what has begun, once', () => {
    const { board, progressed, lines } = boardWorld();
    const refusal = expect.objectContaining({
      code: 'FAILED_PRECONDITION',
      message: expect.stringContaining('version 3'),
    });
    expect(() => board.cancel(ID)).toThrow(refusal);
    const unwanted = board.began(ID);
    progressed(MEGA);
    expect(unwanted.aborted).toBe(false);
    board.cancel(ID);
    expect(unwanted.reason).toMatchObject({ code: 'CANCELLED' });
    board.ended(ID, 'cancelled');
    expect(lines.at(-1)).toContain('the download was cancelled');
    expect(() => board.cancel(ID)).toThrow(refusal);
    expect(board.began(ID).aborted).toBe(false);
  });

  it('logs how a copy was verified', () => {
    const { board, progressed, lines } = boardWorld();
    progressed(MEGA);
    board.ended(ID, 'complete', 'composite');
    expect(lines.at(-1)).toContain('"verified":"composite"');
  });

  it('says nothing of what was local already', () => {
    const { board, told, lines } = boardWorld();
    board.ended(ID, 'complete');
    expect([told, lines]).toEqual([[], []]);
  });

  it('tells twice a second and logs every ten', async () => {
    const { clock, told, lines, board, progressed } = boardWorld();
    for (let tick = 0; tick <= 200; tick += 1) {
      progressed(tick * 0.1 * MEGA);
      await clock.advance(100);
    }
    board.ended(ID, 'complete');
    // At 0, 0.5, ..., 20 s, and at the end.
    expect(told).toHaveLength(42);
    expect(lines).toEqual([
      'downloading {"servable":"resnet","version":"3","doneBytes":0,"totalBytes":100000000}',
      expect.stringMatching(/^downloading .*"doneBytes":10000000,.*"bytesPerSecond":1000000/u),
      expect.stringMatching(/^downloading .*"doneBytes":20000000,/u),
      'downloaded {"servable":"resnet","version":"3","doneBytes":20000000,"totalBytes":100000000,' +
        '"receivedBytes":20000000,"elapsedMs":20100}',
    ]);
  });
});
