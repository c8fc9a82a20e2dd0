import { describe, expect, it } from 'vitest';
import { ServableName, ServableVersion } from '../contracts/ids.ts';
import { silentLogger } from '../contracts/logger.ts';
import { createManualClock } from '../core/testing/manual-clock.ts';
import { createDownloadBoard } from './download-board.ts';
import { createDownloadTasks } from './download-tasks.ts';
import { createTaskBoard } from './task-board.ts';

const ID = { name: ServableName.parse('resnet'), version: ServableVersion.parse('8') };

function createWorld() {
  const clock = createManualClock();
  const downloads = createDownloadBoard({ clock, log: silentLogger });
  const tasks = createTaskBoard({ clock });
  const listener = createDownloadTasks(downloads, tasks, () => 's3://ml/resnet');
  const wanted = downloads.began(ID);
  const progress = (doneBytes: number): void => {
    const now = { doneBytes, totalBytes: 100, file: 'weights.bin' };
    downloads.progressed(ID, now);
    listener.progressed(ID, now);
  };
  return { clock, downloads, tasks, listener, wanted, progress };
}

describe('a download as a task', () => {
  it('shows how far it is, and ends with it', async () => {
    const { clock, downloads, tasks, listener, progress } = createWorld();
    expect(tasks.current()).toEqual([]);
    progress(10);
    expect(tasks.current()).toMatchObject([
      {
        kind: 'download',
        title: 'resnet v8 from s3://ml/resnet',
        state: 'running',
        cancellable: true,
        route: '/models/resnet',
        detail: 'weights.bin',
        progress: { done: 10, total: 100, unit: 'bytes' },
      },
    ]);
    await clock.advance(900);
    progress(60);
    expect(tasks.current()).toMatchObject([{ progress: { done: 60 } }]);
    expect(tasks.current()[0]?.progress?.perSecond).toBeGreaterThan(0);
    downloads.ended(ID, 'complete');
    listener.ended(ID, 'complete');
    expect(tasks.current()).toMatchObject([{ state: 'done' }]);
  });

  it('is stopped by its task', () => {
    const { tasks, listener, wanted, progress } = createWorld();
    progress(10);
    tasks.cancel(tasks.current()[0]?.id ?? '');
    expect(wanted.aborted).toBe(true);
    listener.ended(ID, 'cancelled');
    expect(tasks.current()).toMatchObject([{ state: 'cancelled' }]);
  });

  it('is none for what was local already', () => {
    const { tasks, listener } = createWorld();
    listener.ended(ID, 'complete');
    expect(tasks.current()).toEqual([]);
  });
});
