import { describe, expect, it } from 'vitest';
import type { TreeEntry } from './file-system.ts';
import { fingerprintOf, firstSighting, newestOf, nextSighting, whyUnsettled } from './version-settling.ts';

const NOW = 1_000_000;
const SETTLE = 1000;

function file(path: string, sizeBytes: number, modifiedMs: number, revision = ''): TreeEntry {
  return { path, kind: 'file', sizeBytes, modifiedMs, revision };
}

describe('a version seen for the first time', () => {
  it.each([
    { newest: NOW - 5000, unsettled: undefined },
    { newest: NOW - SETTLE, unsettled: undefined },
    { newest: NOW - 400, unsettled: 'changed 400 ms ago, waiting for 1 s of quiet' },
    { newest: NOW, unsettled: 'changed just now, waiting for 1 s of quiet' },
    { newest: NOW + 86_400_000, unsettled: 'changed just now, waiting for 1 s of quiet' },
    { newest: 0, unsettled: undefined },
  ])('with the newest time $newest: $unsettled', ({ newest, unsettled }) => {
    const sighting = firstSighting([file('model.onnx', 5, newest)], newest, NOW);
    expect(whyUnsettled(sighting, SETTLE, NOW)).toBe(unsettled);
  });

  it('needs no quiet when the rule is off', () => {
    expect(whyUnsettled(firstSighting([], NOW + 5000, NOW), 0, NOW)).toBeUndefined();
  });

  it('with a time in the future is ready after the quiet, however far the future', () => {
    const entries = [file('model.onnx', 5, NOW + 86_400_000)];
    const first = firstSighting(entries, NOW + 86_400_000, NOW);
    expect(whyUnsettled(nextSighting(first, entries, NOW + SETTLE), SETTLE, NOW + SETTLE)).toBeUndefined();
  });
});

describe('a version seen again', () => {
  const old = [file('model.onnx', 12_300_000, NOW - 9000), file('weights.bin', 7, NOW - 9000)];
  const first = firstSighting(old, NOW - 9000, NOW - 2000);

  it.each([
    { what: 'nothing', entries: old, quietSince: NOW - 9000 },
    { what: 'a size', entries: [file('model.onnx', 1, NOW - 9000), ...old.slice(1)], quietSince: NOW },
    { what: 'a time', entries: [file('model.onnx', 12_300_000, NOW - 8000), ...old.slice(1)], quietSince: NOW },
    { what: 'a name', entries: [...old, file('more.bin', 0, NOW - 9000)], quietSince: NOW },
    { what: 'the set', entries: old.slice(1), quietSince: NOW },
    { what: 'the order', entries: old.toReversed(), quietSince: NOW - 9000 },
  ])('in which $what changed', ({ entries, quietSince }) => {
    expect(nextSighting(first, entries, NOW).quietSinceMs).toBe(quietSince);
  });

  it('names the file that grows, until it stops', () => {
    const grown = [file('model.onnx', 12_345_678, NOW), ...old.slice(1)];
    const growing = nextSighting(first, grown, NOW);
    expect(whyUnsettled(growing, SETTLE, NOW)).toBe('model.onnx is still growing (12.3 MB so far)');
    const quiet = nextSighting(growing, grown, NOW + 300);
    expect(whyUnsettled(quiet, SETTLE, NOW + 300)).toBe('changed 300 ms ago, waiting for 1 s of quiet');
    expect(whyUnsettled(quiet, SETTLE, NOW + SETTLE)).toBeUndefined();
  });

  it('does not wait longer because the clock was set back', () => {
    const recent = firstSighting(old, NOW, NOW);
    const after = nextSighting(recent, old, NOW - 3_600_000);
    expect(whyUnsettled(after, SETTLE, NOW - 3_600_000 + SETTLE)).toBeUndefined();
  });
});

describe('fingerprintOf', () => {
  const directory: TreeEntry = { path: 'data', kind: 'directory', sizeBytes: 4096, modifiedMs: 1 };
  const entries = [file('model.onnx', 5, NOW, 'a'), directory];
  const fingerprint = fingerprintOf('/models/1', entries);

  it.each([
    { what: 'the order', place: '/models/1', other: entries.toReversed() },
    { what: "a directory's time", place: '/models/1', other: [entries[0], { ...directory, modifiedMs: 2 }] },
  ])('stays the same whatever $what', ({ place, other }) => {
    expect(
      fingerprintOf(
        place,
        other.flatMap((entry) => entry ?? []),
      ),
    ).toBe(fingerprint);
  });

  it.each([
    { what: 'place', place: '/models/2', other: entries },
    { what: 'name', place: '/models/1', other: [file('other.onnx', 5, NOW, 'a'), directory] },
    { what: 'size', place: '/models/1', other: [file('model.onnx', 6, NOW, 'a'), directory] },
    { what: 'time', place: '/models/1', other: [file('model.onnx', 5, NOW + 0.001, 'a'), directory] },
    { what: 'revision', place: '/models/1', other: [file('model.onnx', 5, NOW, 'b'), directory] },
    { what: 'set of entries', place: '/models/1', other: [file('model.onnx', 5, NOW, 'a')] },
  ])('tells another $what', ({ place, other }) => {
    expect(fingerprintOf(place, other)).not.toBe(fingerprint);
  });
});

describe('newestOf', () => {
  it.each([
    { entries: [], newest: 0 },
    { entries: [file('a', 1, 3), file('b', 1, 9), file('c', 1, 4)], newest: 9 },
  ])('is $newest', ({ entries, newest }) => {
    expect(newestOf(entries)).toBe(newest);
  });
});
