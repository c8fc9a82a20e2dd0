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

  it('has one signal for all its handles, which aborts when it is given up', () => {
    const loaded = new LoadedServable(servableId('m', 1), 'content');
    const [first, second] = [loaded.acquire(), loaded.acquire()];
    const { signal } = first;
    first[Symbol.dispose]();
    expect([signal.aborted, second.signal === signal, loaded.acquire().signal === signal]).toEqual([false, true, true]);
    loaded.giveUp(gone);
    expect([signal.aborted, signal.reason]).toEqual([true, gone]);
    expect(loaded.acquire().signal).toBe(signal);
  });

  it('aborts a signal that is looked at only later', () => {
    const loaded = new LoadedServable(servableId('m', 1), 'content');
    const handle = loaded.acquire();
    loaded.giveUp(gone);
    expect([handle.signal.aborted, handle.signal.reason]).toEqual([true, gone]);
  });

  it('shares no signal with another load of the same version', () => {
    const lost = new LoadedServable(servableId('m', 1), 'content');
    const next = new LoadedServable(servableId('m', 1), 'content');
    const [before, after] = [lost.acquire(), next.acquire()];
    lost.giveUp(gone);
    expect([before.signal.aborted, after.signal.aborted]).toEqual([true, false]);
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
