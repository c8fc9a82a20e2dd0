import { describe, expect, it } from 'vitest';
import { RunLoop, type Turn } from './run-loop.ts';

/** Resolves when all turns are taken. */
function counted(handle: number, count: number, order: number[], onDone: () => void): Turn {
  let left = count;
  return {
    handle,
    run: () => {
      order.push(handle);
      left -= 1;
      if (left === 0) onDone();
      return Promise.resolve(left > 0);
    },
  };
}

describe('RunLoop', () => {
  it('gives turns in order and lets nobody starve', async () => {
    const order: number[] = [];
    const marked: number[] = [];
    const loop = new RunLoop((handle) => marked.push(handle));
    await new Promise<void>((resolve) => {
      let open = 3;
      const onDone = (): void => {
        open -= 1;
        if (open === 0) resolve();
      };
      loop.add(counted(1, 3, order, onDone));
      loop.add(counted(2, 1, order, onDone));
      loop.add(counted(3, 2, order, onDone));
      loop.start();
    });
    expect(order).toEqual([1, 2, 3, 1, 3, 1]);
    expect(marked).toEqual(order);
  });

  it('queues a turn once, and again while it runs', async () => {
    let runs = 0;
    await new Promise<void>((resolve) => {
      const loop = new RunLoop(() => undefined);
      const turn: Turn = {
        handle: 1,
        run: () => {
          runs += 1;
          if (runs === 1) loop.add(turn);
          else resolve();
          return Promise.resolve(false);
        },
      };
      loop.add(turn);
      loop.add(turn);
      loop.start();
    });
    expect(runs).toBe(2);
  });
});
