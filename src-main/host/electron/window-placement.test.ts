import { describe, expect, it } from 'vitest';
import { placementFor, withPlacement, type PlacementBook } from './window-placement.ts';

const at = (x: number, y: number, width: number, height: number) => ({ x, y, width, height });
const laptop = { workArea: at(0, 24, 1440, 876) };
const monitor = { workArea: at(1440, 0, 2560, 1440) };
const placed = (bounds: ReturnType<typeof at>, isMaximised = false) => ({ bounds, isMaximised });

describe('placementFor', () => {
  it('knows nothing at first', () => {
    expect(placementFor({}, [laptop])).toBeUndefined();
  });

  it('remembers a place for each arrangement of displays, in whatever order they are told', () => {
    const alone = withPlacement({}, [laptop], placed(at(10, 30, 900, 700)));
    const both = withPlacement(alone, [laptop, monitor], placed(at(2000, 100, 1400, 900), true));
    expect(placementFor(both, [laptop])).toEqual(placed(at(10, 30, 900, 700)));
    expect(placementFor(both, [monitor, laptop])).toEqual(placed(at(2000, 100, 1400, 900), true));
  });

  it.each([
    { where: 'on a display that is gone', bounds: at(2000, 100, 1400, 800), expected: at(20, 62, 1400, 800) },
    { where: 'larger than what is left', bounds: at(2000, 100, 2000, 1200), expected: at(0, 24, 1440, 876) },
    {
      where: 'with the title bar above the display',
      bounds: at(100, -400, 800, 600),
      expected: at(320, 162, 800, 600),
    },
    { where: 'almost wholly beyond the edge', bounds: at(1400, 100, 800, 600), expected: at(320, 162, 800, 600) },
    { where: 'partly beyond the edge', bounds: at(1000, 100, 800, 600), expected: at(1000, 100, 800, 600) },
    { where: 'too small', bounds: at(100, 100, 10, 10), expected: at(480, 262, 480, 400) },
  ])('brings back a window that stood $where', ({ bounds, expected }) => {
    const book = withPlacement({}, [laptop, monitor], placed(bounds));
    expect(placementFor(book, [laptop])?.bounds).toEqual(expected);
  });

  it('keeps the last eight arrangements', () => {
    let book: PlacementBook = {};
    for (let width = 1; width <= 12; width += 1) {
      book = withPlacement(book, [{ workArea: at(0, 0, 1000 + width, 800) }], placed(at(width, 0, 800, 600)));
    }
    expect(Object.values(book).map(({ bounds }) => bounds.x)).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
  });
});
