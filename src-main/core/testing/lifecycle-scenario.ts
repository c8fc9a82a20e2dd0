import { servableKey } from '../../contracts/ids.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import type { AspiredVersionsManagerOptions } from '../aspired-versions-manager.ts';
import type { ServableHandle } from '../servable-handle.ts';
import { counted } from '../words.ts';
import { createFakeLoader, type FakeLoader, type FakeLoaderOptions, type FakeServable } from './fake-loader.ts';
import { createManaged } from './managed.ts';
import { moves, servableId, servableName } from './servables.ts';

/** What a source says of one version: what its loader does, or that it cannot be read. */
export type Offered = FakeLoaderOptions | 'unreadable';

/** Something that happens. A version is written `a/7`. */
export type ScenarioStep =
  | readonly ['aspire', name: string, versions: Readonly<Record<number, Offered>>]
  | readonly ['finish load' | 'fail load' | 'finish unload' | 'hold a handle' | 'dispose handles' | 'retry', id: string]
  | readonly ['forget', name: string]
  | readonly ['pass', ms: number];

export interface Scenario {
  readonly options?: AspiredVersionsManagerOptions;
  /** What went before; its moves do not count. */
  readonly given?: readonly ScenarioStep[];
  readonly steps: readonly ScenarioStep[];
}

export interface ScenarioOutcome {
  /** `a LOADING 7`, in order. */
  readonly moves: readonly string[];
  /** All that is available: `a/7`. */
  readonly available: readonly string[];
  /** What a request for `a` or `a/7` gets: `v7`, or the error. */
  answer(request: string): string;
  /** How often the last loader of `a/7` was called: `1 load, 0 unloads`. */
  readonly calls: (id: string) => string;
}

/** Plays a scenario on a manager on a manual clock. @throws Error when a loader was used against its contract. */
export async function play({ options = {}, given = [], steps }: Scenario): Promise<ScenarioOutcome> {
  const t = createManaged(options);
  const loaders: { readonly id: string; readonly loader: FakeLoader }[] = [];
  const handles = new Map<string, ServableHandle<FakeServable>[]>();

  function createLoader(id: string, offered: FakeLoaderOptions): FakeLoader {
    const loader = createFakeLoader(offered);
    loaders.push({ id, loader });
    return loader;
  }

  function the(id: string, doing: FakeLoader['doing']): FakeLoader {
    const found = loaders.find((entry) => entry.id === id && entry.loader.doing === doing);
    if (!found) throw new Error(`${id} is not ${doing}`);
    return found.loader;
  }

  async function take(step: ScenarioStep): Promise<void> {
    switch (step[0]) {
      case 'aspire': {
        const [, name, versions] = step;
        const items = Object.entries(versions).map(([version, offered]) => [
          version,
          offered === 'unreadable' ? new ServingError('UNKNOWN', 'error') : createLoader(`${name}/${version}`, offered),
        ]);
        await t.aspire(name, Object.fromEntries(items));
        break;
      }
      case 'finish load':
        the(step[1], 'loading').finishLoad();
        break;
      case 'fail load':
        the(step[1], 'loading').finishLoad(new ServingError('INTERNAL', 'Error on load.'));
        break;
      case 'finish unload':
        the(step[1], 'unloading').finishUnload();
        break;
      case 'hold a handle': {
        const [name, version] = parted(step[1]);
        handles.set(step[1], [...(handles.get(step[1]) ?? []), t.acquire(name, version)]);
        break;
      }
      case 'dispose handles':
        for (const handle of handles.get(step[1]) ?? []) handle[Symbol.dispose]();
        break;
      case 'retry': {
        const [name, version = 0] = parted(step[1]);
        t.manager.retry(servableId(name, version));
        break;
      }
      case 'forget':
        void t.manager.forget(servableName(step[1]));
        break;
      case 'pass':
        await t.clock.advance(step[1]);
        break;
      default:
        step satisfies never;
    }
    await t.clock.settle();
  }

  for (const step of given) await take(step);
  const told = t.events.length;
  for (const step of steps) await take(step);
  const violations = loaders.flatMap(({ id, loader }) => loader.violations.map((text) => `${id}: ${text}`));
  if (violations.length > 0) throw new Error(violations.join('; '));

  const { states } = t.manager;
  return {
    moves: t.events.slice(told).flatMap((event) => moves([event]).map((move) => `${event.id.name} ${move}`)),
    available: states
      .names()
      .flatMap((name) => states.versions(name))
      .filter(({ state }) => state.phase === 'available')
      .map(({ id }) => servableKey(id))
      .toSorted(),
    answer(request) {
      const [name, version] = parted(request);
      try {
        using handle = t.acquire(name, version);
        return `v${handle.id.version}`;
      } catch (error) {
        if (error instanceof ServingError) return `${error.code}: ${error.message}`;
        throw error;
      }
    },
    calls(id) {
      const last = loaders.findLast((entry) => entry.id === id)?.loader;
      return `${counted(last?.loads ?? 0, 'load')}, ${counted(last?.unloads ?? 0, 'unload')}`;
    },
  };
}

function parted(id: string): [name: string, version: number | undefined] {
  const [name = '', version] = id.split('/');
  return [name, version === undefined ? undefined : Number(version)];
}
