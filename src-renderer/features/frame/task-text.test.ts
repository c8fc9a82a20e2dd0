import { describe, expect, it } from 'vitest';
import type { TaskView } from '#contracts/ui-tasks.ts';
import { progressText, summarizeTasks, taskFraction } from './task-text.ts';

const task = (over: Partial<TaskView> = {}): TaskView => ({
  id: 'a',
  kind: 'download',
  title: 'resnet v8',
  state: 'running',
  startedMs: 0,
  cancellable: true,
  ...over,
});
const bytes = (done: number, total?: number, perSecond?: number): NonNullable<TaskView['progress']> => ({
  done,
  unit: 'bytes',
  ...(total === undefined ? {} : { total }),
  ...(perSecond === undefined ? {} : { perSecond }),
});

describe('progressText', () => {
  it.each([
    { progress: bytes(12_300_000, 97_800_000, 4_100_000), text: '12.3 MB of 97.8 MB, 4.1 MB/s, 21 s left' },
    { progress: bytes(12_300_000, 97_800_000), text: '12.3 MB of 97.8 MB' },
    { progress: bytes(12_300_000, undefined, 4_100_000), text: '12.3 MB, 4.1 MB/s' },
    { progress: bytes(97_800_000, 97_800_000, 4_100_000), text: '97.8 MB of 97.8 MB, 4.1 MB/s' },
    {
      progress: { done: 500, total: 1000, unit: 'requests', perSecond: 100 } as const,
      text: '500 requests of 1,000 requests, 100 requests/s, 5 s left',
    },
    {
      progress: { done: 4000, total: 30_000, unit: 'milliseconds', perSecond: 1000 } as const,
      text: '4 s of 30 s, 26 s left',
    },
  ])('$text', ({ progress, text }) => {
    expect(progressText(progress)).toBe(text);
  });
});

describe('taskFraction', () => {
  it.each([
    { progress: bytes(1, 4), fraction: 0.25 },
    { progress: bytes(5, 4), fraction: 1 },
    { progress: bytes(0, 0), fraction: undefined },
    { progress: bytes(5), fraction: undefined },
  ])('$progress', ({ progress, fraction }) => {
    expect(taskFraction({ progress })).toBe(fraction);
  });
});

describe('summarizeTasks', () => {
  it.each([
    { when: 'nothing runs', tasks: [task({ state: 'done' })], running: 0, progress: '' },
    { when: 'one runs, and nobody knows how much it is', tasks: [task()], running: 1, text: 'resnet v8', progress: '' },
    {
      when: 'one counts requests',
      tasks: [task({ progress: { done: 1, total: 4, unit: 'requests' } })],
      running: 1,
      text: 'resnet v8',
      progress: '25 %',
    },
    {
      when: 'two download, in all bytes together',
      tasks: [task({ progress: bytes(30, 100, 1_000_000) }), task({ progress: bytes(30, 300, 500_000) })],
      running: 2,
      text: '2 tasks',
      progress: '15 %, 1.5 MB/s',
    },
  ])('$when', ({ tasks, running, text, progress }) => {
    const summary = summarizeTasks(tasks);
    expect(summary).toMatchObject({ running, progress, ...(text === undefined ? {} : { text }) });
  });
});
