import { ServingError } from '../../contracts/serving-error.ts';
import type { Loader, LoadContext } from '../loader.ts';

/** What a fake loader loads. */
export interface FakeServable {
  readonly fingerprint: string;
  /** Which load of its loader it came from; the first is 1. */
  readonly load: number;
}

export interface FakeLoaderOptions {
  /** Default `content`. */
  readonly fingerprint?: string;
  /** Bytes of memory: what is expected, and what is measured at the end of the first load (default 0, and the same). */
  readonly memoryBytes?: number;
  readonly measuredBytes?: number;
  /** Loads and unloads end only when the test says so (default: at once). */
  readonly held?: boolean;
  /** Keeps loading although its signal aborts (default false). */
  readonly ignoresAbort?: boolean;
  /** The first so many loads fail (default 0). */
  readonly failures?: number;
}

/** A loader that counts, checks that it is used as its contract says, and does what the test tells it. */
export interface FakeLoader extends Loader<FakeServable> {
  /** How often `load` and `unload` were called. */
  readonly loads: number;
  readonly unloads: number;
  /** What it is busy with, or what it has: `lost` is what a loss leaves behind, which must not stay. */
  readonly doing: 'empty' | 'loading' | 'loaded' | 'lost' | 'unloading';
  /** Calls that its contract forbids; a test expects none. */
  readonly violations: readonly string[];
  /** The signal of the last load. */
  readonly signal: AbortSignal | undefined;
  /** Ends the load that is held; with an error when one is given. */
  finishLoad(error?: ServingError): void;
  finishUnload(): void;
  /** The servable is gone, as when its worker dies. */
  lose(error?: ServingError, blamed?: boolean): void;
}

export function createFakeLoader(options: FakeLoaderOptions = {}): FakeLoader {
  const {
    fingerprint = 'content',
    memoryBytes = 0,
    measuredBytes = memoryBytes,
    held = false,
    ignoresAbort = false,
    failures = 0,
  } = options;
  let loads = 0;
  let measured = false;
  let unloads = 0;
  let doing: FakeLoader['doing'] = 'empty';
  let context: LoadContext | undefined;
  let endLoad: ((error?: ServingError) => void) | undefined;
  let endUnload: (() => void) | undefined;
  const violations: string[] = [];

  function forbid(what: string): never {
    violations.push(what);
    throw new Error(what);
  }

  return {
    fingerprint,
    get memoryBytes() {
      return measured ? measuredBytes : memoryBytes;
    },
    get loads() {
      return loads;
    },
    get unloads() {
      return unloads;
    },
    get doing() {
      return doing;
    },
    violations,
    get signal() {
      return context?.signal;
    },
    load(given) {
      if (doing !== 'empty' && doing !== 'lost') forbid(`load called while ${doing}`);
      context = given;
      loads += 1;
      doing = 'loading';
      return new Promise((resolve, reject) => {
        endLoad = (error) => {
          endLoad = undefined;
          doing = error ? 'empty' : 'loaded';
          measured ||= !error;
          if (error) reject(error);
          else resolve({ fingerprint, load: loads });
        };
        if (!ignoresAbort) {
          given.signal.addEventListener('abort', () => endLoad?.(new ServingError('CANCELLED', 'load aborted')));
        }
        if (loads <= failures) endLoad(new ServingError('INTERNAL', `bad content (load ${loads})`));
        else if (!held) endLoad();
      });
    },
    unload() {
      if (doing !== 'loaded' && doing !== 'lost') forbid(`unload called while ${doing}`);
      unloads += 1;
      doing = 'unloading';
      return new Promise((resolve) => {
        endUnload = () => {
          endUnload = undefined;
          doing = 'empty';
          resolve();
        };
        if (!held) endUnload();
      });
    },
    finishLoad(error) {
      if (!endLoad) throw new Error('no load is running');
      endLoad(error);
    },
    finishUnload() {
      if (!endUnload) throw new Error('no unload is running');
      endUnload();
    },
    lose(error = new ServingError('UNAVAILABLE', 'worker ended by SIGKILL'), blamed = true) {
      if (doing !== 'loaded' && doing !== 'unloading') throw new Error(`lost while ${doing}`);
      if (doing === 'loaded') doing = 'lost';
      context?.onLost(error, blamed);
    },
  };
}
