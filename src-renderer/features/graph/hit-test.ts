import type { Drawing, PlacedBox, PlacedFrame, Point, Rect } from './layout.ts';
import { BOX } from './layout.ts';

export type Hit =
  | { readonly kind: 'box'; readonly box: PlacedBox }
  /** The title of an open scope. */
  | { readonly kind: 'frame'; readonly frame: PlacedFrame };

/** Fingers and far views need some leeway around small boxes, in screen pixels. */
const SLACK_PX = 3;

/** What is at a point of the drawing: boxes before the titles of frames, inner frames before outer ones. */
export function hitAt({ boxes, frames }: Drawing, at: Point, scale: number): Hit | undefined {
  const slack = SLACK_PX / scale;
  const box = boxes.find((rect) => isIn(rect, at, 0)) ?? boxes.find((rect) => isIn(rect, at, slack));
  if (box) return { kind: 'box', box };
  const frame = frames.findLast((rect) => isIn({ ...rect, height: BOX.frameTitlePx }, at, 0));
  return frame && { kind: 'frame', frame };
}

const isIn = ({ x, y, width, height }: Rect, at: Point, slack: number): boolean =>
  at.x >= x - slack && at.x <= x + width + slack && at.y >= y - slack && at.y <= y + height + slack;
