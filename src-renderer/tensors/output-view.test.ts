import { describe, expect, it } from 'vitest';
import type { OutputView } from './output-view.ts';
import { chooseView, readBoxes, shapeToView, topBars } from './output-view.ts';
import { diffTensors } from './tensor-diff.ts';

const zeros = (count: number): readonly number[] => Array.from({ length: count }, () => 0);

describe('chooseView', () => {
  it.each<[string, readonly number[], readonly number[], object, OutputView]>([
    ['probabilities', [1, 3], [0.7, 0.2, 0.1], {}, 'bars'],
    ['scores of named classes', [1, 3], [5, -2, 1], { hasLabels: true }, 'bars'],
    ['three numbers', [3], [3.5, 4, 5.5], {}, 'table'],
    ['one number that is 1', [1], [1], {}, 'table'],
    ['a scalar', [], [2], {}, 'table'],
    ['a colour picture', [1, 64, 64, 3], zeros(8), {}, 'image'],
    ['a plane', [1, 40, 60], zeros(8), {}, 'heatmap'],
    ['a series', [1, 200], [1, 2, 3], {}, 'line'],
    ['boxes on a picture', [1, 20, 6], [1, 2, 30, 40, 0.9, 1], { hasPicture: true }, 'boxes'],
    ['boxes without a picture', [1, 20, 6], [1, 2, 30, 40, 0.9, 1], {}, 'table'],
  ])('%s', (_, shape, first, context, expected) => {
    const choice = chooseView({ shape, dtype: 'float32' }, first, { hasLabels: false, hasPicture: false, ...context });
    expect(choice.guess).toBe(expected);
    expect(choice.possible).toContain(expected);
    expect(choice.possible).toEqual(expect.arrayContaining(['table', 'raw']));
  });
  it.each([
    { shape: [1, 1000, 1, 1], expected: [1, 1000] },
    { shape: [2, 5, 1], expected: [2, 5] },
    { shape: [1, 3, 1, 4], expected: [1, 3, 1, 4] },
    // Each row has one value, or there is one value alone: nothing was pooled.
    { shape: [3, 1], expected: [3, 1] },
    { shape: [1, 1, 1], expected: [1, 1, 1] },
    { shape: [8, 1, 1], expected: [8, 1, 1] },
    { shape: [], expected: [] },
  ])('looks at $shape as $expected', ({ shape, expected }) => {
    expect(shapeToView(shape)).toEqual(expected);
  });
  it('shows text as a table only', () => {
    const context = { hasLabels: true, hasPicture: true };
    expect(chooseView({ shape: [2, 3], dtype: 'string' }, [], context).possible).toEqual(['table', 'raw']);
  });
});

it('ranks classes by value, then by number', () => {
  expect(topBars([0.1, 0.5, 0.1, Number.NaN], ['a', 'b'], 3)).toEqual([
    { index: 1, label: 'b', value: 0.5 },
    { index: 0, label: 'a', value: 0.1 },
    { index: 2, label: 'class 2', value: 0.1 },
  ]);
});

describe('readBoxes', () => {
  const picture = { width: 100, height: 50 };
  it.each([
    ['xyxy', [10, 5, 60, 30]],
    ['yxyx', [5, 10, 30, 60]],
    ['xywh', [10, 5, 50, 25]],
    ['cxcywh', [35, 17.5, 50, 25]],
  ] as const)('%s', (format, row) => {
    expect(readBoxes([[...row, 0.9, 1]], format, picture, ['cat', 'dog'])).toEqual([
      { left: 0.1, top: 0.1, right: 0.6, bottom: 0.6, score: 0.9, label: 'dog' },
    ]);
  });
  it('takes small numbers as shares', () => {
    expect(readBoxes([[0.1, 0.2, 0.3, 0.4]], 'xyxy', picture, undefined)).toEqual([
      { left: 0.1, top: 0.2, right: 0.3, bottom: 0.4, score: undefined, label: undefined },
    ]);
  });
});

describe('diffTensors', () => {
  const side = (...cells: readonly string[]) => ({ shape: [cells.length], cells });
  it('tells the distance of each cell, and the worst', () => {
    expect(diffTensors(side('2', '4', 'NaN'), side('2', '5', 'NaN'))).toEqual({
      kind: 'cells',
      cells: [
        { same: true, absolute: 0, relative: 0 },
        { same: false, absolute: 1, relative: 0.25 },
        { same: true, absolute: undefined, relative: undefined },
      ],
      different: 1,
      maxAbsolute: 1,
      meanAbsolute: 0.5,
      maxRelative: 0.25,
      worst: 1,
    });
  });
  it.each([
    ['0', '1', { same: false, absolute: 1, relative: Number.POSITIVE_INFINITY }],
    ['1.0', '1', { same: true, absolute: 0, relative: 0 }],
    ['cat', 'dog', { same: false, absolute: undefined, relative: undefined }],
    ['1', 'NaN', { same: false, absolute: undefined, relative: undefined }],
    ['9007199254740993', '9007199254740992', { same: false, absolute: 1, relative: 1 / 9_007_199_254_740_992 }],
  ])('%s against %s', (left, right, expected) => {
    const diff = diffTensors(side(left), side(right));
    expect(diff.kind === 'cells' ? diff.cells[0] : diff).toEqual(expected);
  });
  it('does not compare different shapes', () => {
    expect(diffTensors({ shape: [1, 2], cells: ['1', '2'] }, side('1', '2'))).toEqual({ kind: 'shapes' });
  });
});
