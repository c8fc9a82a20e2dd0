import { describe, expect, it } from 'vitest';
import { ServingError } from '../contracts/serving-error.ts';
import { LoadedServable } from './loaded-servable.ts';
import { servableId } from './testing/servables.ts';

const gone = new ServingError('UNAVAILABLE', 'gone');

describe('LoadedServable', () => {
  it('counts handles until they are disposed, each once', () => {
    const loaded = new LoadedServable(servableId('m', 1), 'content');
    const first = loaded.acquire();
    {
      using second = loaded.acquire();
      expect([second.id, second.servable, loaded.held]).toEqual([servableId('m', 1), 'content', 2]);
    }
    expect(loaded.held).toBe(1);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    expect(loaded.held).toBe(0);
  });

  it('says once when the last handle is gone', () => {
    const loaded = new LoadedServable(servableId('m', 1), 'content');
    const handles = [loaded.acquire(), loaded.acquire()];
    let idle = 0;
    loaded.onceIdle(() => {
      idle += 1;
    });
    expect(idle).toBe(0);
    for (const handle of handles) handle[Symbol.dispose]();
    loaded.acquire()[Symbol.dispose]();
    expect(idle).toBe(1);
  });

  it('aborts the signals of held handles, whether they were looked at before or are later', () => {
    const loaded = new LoadedServable(servableId('m', 1), 'content');
    const seen = loaded.acquire();
    const unseen = loaded.acquire();
    const disposed = loaded.acquire();
    const { signal } = disposed;
    disposed[Symbol.dispose]();
    expect([seen.signal.aborted, seen.signal]).toEqual([false, seen.signal]);

    loaded.giveUp(gone);

    expect([seen.signal.aborted, seen.signal.reason]).toEqual([true, gone]);
    expect([unseen.signal.aborted, unseen.signal.reason]).toEqual([true, gone]);
    expect(signal.aborted).toBe(false);
  });

  it('waits for nobody once it was given up', () => {
    const loaded = new LoadedServable(servableId('m', 1), 'content');
    const handle = loaded.acquire();
    let idle = 0;
    loaded.onceIdle(() => {
      idle += 1;
    });
    loaded.giveUp(gone);
    handle[Symbol.dispose]();
    expect([idle, loaded.held]).toEqual([0, 0]);
  });
});
