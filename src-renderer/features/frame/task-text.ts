import type { TaskView } from '#contracts/ui-tasks.ts';
import { formatBytes, formatCount, plural } from '../../format/quantity.ts';
import { formatCountdown, formatSpan } from '../../format/time.ts';
import { strings } from '../../strings/index.ts';

const words = strings.frame.tasks;
type Progress = NonNullable<TaskView['progress']>;

/** How far a task is, from 0 to 1; undefined where nobody knows how much there is. */
export function taskFraction({ progress }: Pick<TaskView, 'progress'>): number | undefined {
  if (progress?.total === undefined || progress.total === 0) return undefined;
  return Math.min(1, progress.done / progress.total);
}

/** `12.3 MB of 97.8 MB, 4.1 MB/s, 21 s left`: what of it is known. */
export function progressText(progress: Progress): string {
  const { done, total, unit, perSecond = 0 } = progress;
  const parts = [total === undefined ? amount(done, unit) : words.of(amount(done, unit), amount(total, unit))];
  if (perSecond > 0 && unit !== 'milliseconds') parts.push(words.perSecond(amount(perSecond, unit)));
  const leftMs = timeLeftMs(progress);
  if (leftMs !== undefined && leftMs > 0) parts.push(words.left(formatCountdown(leftMs)));
  return parts.join(', ');
}

function timeLeftMs({ done, total, unit, perSecond = 0 }: Progress): number | undefined {
  if (total === undefined || done >= total) return undefined;
  if (unit === 'milliseconds') return total - done;
  return perSecond > 0 ? ((total - done) / perSecond) * 1000 : undefined;
}

function amount(value: number, unit: Progress['unit']): string {
  switch (unit) {
    case 'bytes':
      return formatBytes(value);
    case 'requests':
      return plural(Math.round(value), words.request);
    case 'milliseconds':
      return formatSpan(value);
    default:
      return unit satisfies never;
  }
}

export interface TasksSummary {
  readonly running: number;
  /** `2 tasks`, or what the only one is. */
  readonly text: string;
  /** `41 %, 3.2 MB/s`; empty where nothing is known. */
  readonly progress: string;
  /** Of all bytes together; undefined where no task counts bytes and knows how many. */
  readonly fraction: number | undefined;
}

/** All running tasks in a few words, for the status bar. */
export function summarizeTasks(tasks: readonly TaskView[]): TasksSummary {
  const running = tasks.filter(({ state }) => state === 'running');
  const sized = running.flatMap(({ progress }) =>
    progress?.unit === 'bytes' && progress.total !== undefined ? [{ ...progress, total: progress.total }] : [],
  );
  const total = sized.reduce((sum, progress) => sum + progress.total, 0);
  const done = sized.reduce((sum, progress) => sum + progress.done, 0);
  const rate = sized.reduce((sum, { perSecond = 0 }) => sum + perSecond, 0);
  const [only] = running;
  const single = running.length === 1 && only ? taskFraction(only) : undefined;
  const fraction = total > 0 ? done / total : single;
  const parts = [
    ...(fraction === undefined ? [] : [`${formatCount(Math.floor(fraction * 100))} %`]),
    ...(rate > 0 ? [words.perSecond(formatBytes(rate))] : []),
  ];
  return {
    running: running.length,
    text: running.length === 1 && only ? only.title : plural(running.length, 'task'),
    progress: parts.join(', '),
    fraction,
  };
}
