import type { LucideIcon } from 'lucide-react';
import {
  ArrowDownToLine,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleX,
  Hourglass,
  LoaderCircle,
  RotateCw,
} from 'lucide-react';
import type { SegmentKind } from './lanes.ts';

/** The icon of each state in a lane; its colour and pattern are in lanes.css. */
export const SEGMENT_ICON: Readonly<Record<SegmentKind, LucideIcon>> = {
  waiting: Hourglass,
  start: CircleDashed,
  loading: LoaderCircle,
  retrying: RotateCw,
  available: CircleCheck,
  unloading: ArrowDownToLine,
  failed: CircleX,
  held: CirclePause,
};
