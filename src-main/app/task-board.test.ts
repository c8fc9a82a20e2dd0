import { expect, it, vi } from 'vitest';
import { createManualClock } from '../core/testing/manual-clock.ts';
import { createTaskBoard, type TaskStart } from './task-board.ts';

const DOWNLOAD: TaskStart = { kind: 'download', title: 'resnet v8', route: '/models/resnet' };

function setUp() {
  const clock = createManualClock(1000);
  const board = createTaskBoard({ clock });
  const onChange = vi.fn<() => void>();
  const unsubscribe = board.subscribe(onChange);
  return { clock, board, onChange, unsubscribe };
}

it('tells how far a task is, and what became of it', async () => {
  const { clock, board, onChange, unsubscribe } = setUp();
  const task = board.start(DOWNLOAD);
  task.update({ progress: { done: 5, total: 10, unit: 'bytes' } });
  expect(board.current()).toEqual([
    {
      ...DOWNLOAD,
      id: task.id,
      state: 'running',
      startedMs: 1000,
      cancellable: false,
      progress: { done: 5, total: 10, unit: 'bytes' },
    },
  ]);
  await clock.advance(50);
  task.end('failed', 'no space');
  expect(board.current()).toMatchObject([{ state: 'failed', endedMs: 1050, detail: 'no space' }]);
  expect(onChange).toHaveBeenCalledTimes(3);
  unsubscribe();
  board.start(DOWNLOAD);
  expect(onChange).toHaveBeenCalledTimes(3);
});

it('changes nothing of a task that has ended', () => {
  const { board, onChange } = setUp();
  const task = board.start(DOWNLOAD);
  task.end('done');
  onChange.mockClear();
  task.update({ detail: 'late' });
  task.end('failed', 'late');
  expect(board.current()).toMatchObject([{ state: 'done' }]);
  expect(board.current()[0]).not.toHaveProperty('detail');
  expect(onChange).not.toHaveBeenCalled();
});

it('asks a task once to stop', () => {
  const { board } = setUp();
  const cancel = vi.fn<() => void>();
  const task = board.start({ ...DOWNLOAD, cancel });
  expect(board.current()).toMatchObject([{ cancellable: true }]);
  board.cancel(task.id);
  expect(() => board.cancel(task.id)).toThrow('is stopping already');
  expect(cancel).toHaveBeenCalledOnce();
  expect(board.current()).toMatchObject([{ state: 'running', cancellable: false, detail: 'stopping' }]);
  task.end('cancelled', 'stopped by you');
  expect(board.current()).toMatchObject([{ state: 'cancelled', detail: 'stopped by you' }]);
  expect(() => board.cancel(task.id)).toThrow('has ended already');
  expect(() => board.cancel(board.start(DOWNLOAD).id)).toThrow('cannot be stopped');
});

it('keeps the last twenty that ended, newest first, behind those that run', () => {
  const { board } = setUp();
  const first = board.start({ ...DOWNLOAD, title: 'runs on' });
  for (let index = 0; index < 25; index += 1) board.start({ ...DOWNLOAD, title: `${index}` }).end('done');
  const titles = board.current().map(({ title }) => title);
  expect(titles.slice(0, 3)).toEqual(['runs on', '24', '23']);
  expect(titles).toHaveLength(21);
  first.end('done');
  expect(board.current()[0]?.title).toBe('runs on');
});
