import { type ServableId, servableKey } from '../contracts/ids.ts';
import type { DownloadListener } from '../inference/onnx-source-adapter.ts';
import type { DownloadBoard } from './download-board.ts';
import type { RunningTask, TaskBoard } from './task-board.ts';

interface DownloadTask {
  readonly id: ServableId;
  readonly task: RunningTask;
}

/**
 * Shows each download as a task that can be stopped, as fresh as the download board tells it.
 * @param sourceOf where the files of a version come from, to be shown.
 * @returns to be told of downloads, after the board.
 */
export function createDownloadTasks(
  downloads: Pick<DownloadBoard, 'of' | 'cancel' | 'subscribe'>,
  tasks: Pick<TaskBoard, 'start'>,
  sourceOf: (id: ServableId) => string | undefined,
): Pick<DownloadListener, 'progressed' | 'ended'> {
  const running = new Map<string, DownloadTask>();

  function show({ id, task }: DownloadTask): void {
    const view = downloads.of(id);
    if (!view) return;
    task.update({
      detail: view.stalledSinceMs === undefined ? view.file : `${view.file}: nothing comes`,
      progress: {
        done: view.doneBytes,
        total: view.totalBytes,
        unit: 'bytes',
        ...(view.bytesPerSecond !== undefined && { perSecond: view.bytesPerSecond }),
      },
    });
  }

  downloads.subscribe((name) => {
    for (const each of running.values()) if (each.id.name === name) show(each);
  });

  return {
    progressed(id) {
      const key = servableKey(id);
      if (running.has(key)) return;
      const from = sourceOf(id);
      const task = tasks.start({
        kind: 'download',
        title: `${id.name} v${id.version}${from === undefined ? '' : ` from ${from}`}`,
        route: `/models/${encodeURIComponent(id.name)}`,
        cancel: () => downloads.cancel(id),
      });
      const started = { id, task };
      running.set(key, started);
      show(started);
    },
    ended(id, result) {
      const key = servableKey(id);
      const ended = running.get(key);
      if (!ended) return;
      running.delete(key);
      ended.task.end(
        result === 'complete' ? 'done' : result,
        result === 'failed' ? 'see the model for why' : undefined,
      );
    },
  };
}
