import { z } from 'zod';

const Rectangle = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
});
/** A place on the desktop, in device-independent pixels. */
export type Rectangle = z.infer<typeof Rectangle>;

const Placement = z.object({ bounds: Rectangle, isMaximised: z.boolean() });
/** Where the window stands; `bounds` are those that it has when it is not maximised. */
export type Placement = z.infer<typeof Placement>;

/** The window's places by arrangement of displays, the last used one last. */
export const PlacementBook = z.record(z.string(), Placement);
export type PlacementBook = z.infer<typeof PlacementBook>;

/** A display's area without task bars. */
export interface DisplayArea {
  readonly workArea: Rectangle;
}

export const DEFAULT_SIZE = { width: 1280, height: 840 };
export const MINIMUM_SIZE = { width: 480, height: 400 };

/** Arrangements that are remembered: desk, train, meeting room. */
const MAX_ARRANGEMENTS = 8;
/** So much of the title bar must be on a display that the window can be taken hold of. */
const GRIP = { width: 120, height: 32 };

/**
 * Where to open the window: where it stood with these displays, corrected where that can no longer be reached.
 * @returns undefined where nothing is known: the system then chooses the place, and {@link DEFAULT_SIZE} is the size.
 */
export function placementFor(book: PlacementBook, displays: readonly DisplayArea[]): Placement | undefined {
  const known = book[arrangementOf(displays)] ?? Object.values(book).at(-1);
  if (!known) return undefined;
  return { ...known, bounds: reachable(known.bounds, displays) };
}

/** The book with the window's place for these displays. */
export function withPlacement(
  book: PlacementBook,
  displays: readonly DisplayArea[],
  placement: Placement,
): PlacementBook {
  const key = arrangementOf(displays);
  const others = Object.entries(book).filter(([other]) => other !== key);
  return Object.fromEntries([...others.slice(1 - MAX_ARRANGEMENTS), [key, placement]]);
}

/** A text that is the same for the same displays at the same places. */
function arrangementOf(displays: readonly DisplayArea[]): string {
  return displays
    .map(({ workArea: { x, y, width, height } }) => `${width}x${height}@${x},${y}`)
    .toSorted()
    .join(' ');
}

function reachable(bounds: Rectangle, displays: readonly DisplayArea[]): Rectangle {
  const isReachable = displays.some(({ workArea }) => {
    const overlap = Math.min(bounds.x + bounds.width, workArea.x + workArea.width) - Math.max(bounds.x, workArea.x);
    const isTitleBarInside = bounds.y >= workArea.y && bounds.y + GRIP.height <= workArea.y + workArea.height;
    return isTitleBarInside && overlap >= GRIP.width;
  });
  const area = displays[0]?.workArea;
  const width = Math.max(MINIMUM_SIZE.width, bounds.width);
  const height = Math.max(MINIMUM_SIZE.height, bounds.height);
  if (isReachable || !area) return { ...bounds, width, height };
  const fitting = { width: Math.min(width, area.width), height: Math.min(height, area.height) };
  return {
    x: area.x + Math.round((area.width - fitting.width) / 2),
    y: area.y + Math.round((area.height - fitting.height) / 2),
    ...fitting,
  };
}
