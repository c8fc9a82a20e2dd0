import { describe, expect, it, vi } from 'vitest';
import { type Logger, silentLogger } from '../contracts/logger.ts';
import { ServingError } from '../contracts/serving-error.ts';
import {
  adaptSource,
  adaptTarget,
  connectSourceToTarget,
  createErrorInjectingAdapter,
  createSourceRouter,
  createUnarySourceAdapter,
} from './connect-source.ts';
import type { AspiredVersionsCallback, ServableData, Source, Target } from './source.ts';
import { bad, good, servableName } from './testing/servables.ts';

/** A source that says what the test lets it say, even after it was stopped. */
function puppetSource<T>(): Source<T> & { readonly say: AspiredVersionsCallback<T> } {
  let callback: AspiredVersionsCallback<T> | undefined;
  return {
    say: (name, versions) => callback?.(name, versions),
    run(onAspired, signal) {
      callback = onAspired;
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
    },
  };
}

function collectingTarget<T>(): Target<T> & { readonly lists: [string, readonly ServableData<T>[]][] } {
  const lists: [string, readonly ServableData<T>[]][] = [];
  return { lists, setAspiredVersions: (name, versions) => lists.push([name, versions]) };
}

/** An item with no more of its error than code and message. */
function summary<T>(item: ServableData<T>): unknown {
  return item.ok ? item : { id: item.id, code: item.error.code, message: item.error.message };
}

const m = servableName('m');
const unreadable = new ServingError('DATA_LOSS', 'unreadable');

describe('connectSourceToTarget', () => {
  it('passes whole lists on, error items and empty lists too', () => {
    const source = puppetSource<string>();
    const target = collectingTarget<string>();
    void connectSourceToTarget(source, target, new AbortController().signal);

    source.say(m, [good('m', 2, 'two'), bad('m', 1, unreadable)]);
    source.say(m, []);

    expect(target.lists).toEqual([
      ['m', [good('m', 2, 'two'), bad('m', 1, unreadable)]],
      ['m', []],
    ]);
  });

  it('ends with the source, and nothing reaches the target after the abort', async () => {
    const source = puppetSource<string>();
    const target = collectingTarget<string>();
    const controller = new AbortController();
    const running = connectSourceToTarget(source, target, controller.signal);

    controller.abort();
    await running;
    source.say(m, [good('m', 1, 'late')]);

    expect(target.lists).toEqual([]);
  });
});

describe('adapters', () => {
  const lengths = createUnarySourceAdapter<string, number>((_id, text) => {
    if (text === '') throw new ServingError('INVALID_ARGUMENT', 'empty');
    if (text === 'bug') throw new Error('a bug');
    return text.length;
  });

  it.each<{ when: string; item: ServableData<string>; expected: ServableData<number> }>([
    { when: 'converts a good item', item: good('m', 1, 'abc'), expected: good('m', 1, 3) },
    { when: 'passes an error item through', item: bad('m', 1, unreadable), expected: bad('m', 1, unreadable) },
    {
      when: 'turns an item that fails into an error item',
      item: good('m', 1, ''),
      expected: bad('m', 1, new ServingError('INVALID_ARGUMENT', 'empty')),
    },
    {
      when: 'calls any other thrown value INTERNAL',
      item: good('m', 1, 'bug'),
      expected: bad('m', 1, new ServingError('INTERNAL', 'internal error')),
    },
  ])('$when and leaves its neighbours alone', ({ item, expected }) => {
    const [adapted, neighbour] = lengths.adapt(m, [item, good('m', 9, 'xy')]);
    expect(adapted && summary(adapted)).toEqual(summary(expected));
    expect(neighbour).toEqual(good('m', 9, 2));
  });

  it('stand between source and target on either side', () => {
    const source = puppetSource<string>();
    const target = collectingTarget<number>();
    void connectSourceToTarget(adaptSource(source, lengths), target, new AbortController().signal);
    source.say(m, [good('m', 1, 'abc')]);
    adaptTarget(lengths, target).setAspiredVersions(m, [good('m', 1, 'abcd')]);

    expect(target.lists).toEqual([
      ['m', [good('m', 1, 3)]],
      ['m', [good('m', 1, 4)]],
    ]);
  });

  it('that throw keep every version aspired, as an error', () => {
    const target = collectingTarget<string>();
    const faulty = {
      adapt: () => {
        throw unreadable;
      },
    };
    adaptTarget(faulty, target).setAspiredVersions(m, [good('m', 1, 'a'), good('m', 2, 'b')]);
    expect(target.lists).toEqual([['m', [bad('m', 1, unreadable), bad('m', 2, unreadable)]]]);
  });

  it('of the error-injecting kind turn every good item into the error', () => {
    const noPlatform = new ServingError('INTERNAL', 'No platform found for model');
    const adapter = createErrorInjectingAdapter<string, number>(noPlatform);
    expect(adapter.adapt(m, [good('m', 1, 'a'), bad('m', 2, unreadable)])).toEqual([
      bad('m', 1, noPlatform),
      bad('m', 2, unreadable),
    ]);
  });
});

describe('createSourceRouter', () => {
  it('sends each list to the target of its name, and drops and logs one without a route', () => {
    const warn = vi.fn<Logger['warn']>();
    const onnx = collectingTarget<string>();
    const other = collectingTarget<string>();
    const router = createSourceRouter<string>(
      (name) => (name.startsWith('onnx') ? onnx : name.startsWith('other') ? other : undefined),
      { log: { ...silentLogger, warn } },
    );

    router.setAspiredVersions(servableName('onnx-a'), [good('onnx-a', 1, 'a')]);
    router.setAspiredVersions(servableName('other-b'), []);
    router.setAspiredVersions(servableName('nobody'), [good('nobody', 1, 'c')]);

    expect(onnx.lists).toEqual([['onnx-a', [good('onnx-a', 1, 'a')]]]);
    expect(other.lists).toEqual([['other-b', []]]);
    expect(warn).toHaveBeenCalledExactlyOnceWith({ servable: 'nobody', versions: 1 }, expect.any(String));
  });
});
