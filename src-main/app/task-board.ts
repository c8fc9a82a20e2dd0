import { randomUUID } from 'node:crypto';
import { ServingError } from '../contracts/serving-error.ts';
import type { TaskBoard as TaskBoardView, TaskView } from '../contracts/ui-tasks.ts';
import type { Clock } from '../core/clock.ts';

/** Ended tasks that are still shown. */
const SHOWN_ENDED = 20;

/** What a task says of itself when it starts. */
export type TaskStart = Pick<TaskView, 'kind' | 'title' | 'detail' | 'route'> & {
  /** Absent where it cannot be stopped. Called once at most; the task still has to end by itself. */
  readonly cancel?: () => void;
};

/** One running task, for whoever runs it. Calls after the end do nothing. */
export interface RunningTask {
  readonly id: string;
  update(change: Partial<Pick<TaskView, 'progress' | 'detail' | 'title'>>): void;
  /** @param detail why it failed, or what came out of it. */
  end(state: 'done' | 'failed' | 'cancelled', detail?: string): void;
}

/** The long jobs of this process, for the user interface. */
export interface TaskBoard {
  start(task: TaskStart): RunningTask;
  /** @throws ServingError NOT_FOUND for a task that is over or never was, FAILED_PRECONDITION for one that cannot stop. */
  cancel(id: string): void;
  current(): TaskBoardView;
  subscribe(onChange: () => void): () => void;
}

export function createTaskBoard({ clock }: { readonly clock: Pick<Clock, 'now'> }): TaskBoard {
  const running = new Map<string, { view: TaskView; cancel: (() => void) | undefined }>();
  const ended: TaskView[] = [];
  const listeners = new Set<() => void>();

  const changed = (): void => {
    for (const listener of listeners) listener();
  };

  return {
    start({ cancel, ...start }) {
      const id = randomUUID();
      const view: TaskView = {
        ...start,
        id,
        state: 'running',
        startedMs: clock.now(),
        cancellable: cancel !== undefined,
      };
      running.set(id, { view, cancel });
      changed();
      return {
        id,
        update(change) {
          const task = running.get(id);
          if (!task) return;
          task.view = { ...task.view, ...change };
          changed();
        },
        end(state, detail) {
          const task = running.get(id);
          if (!task) return;
          running.delete(id);
          ended.unshift({
            ...task.view,
            state,
            endedMs: clock.now(),
            cancellable: false,
            ...(detail !== undefined && { detail }),
          });
          ended.splice(SHOWN_ENDED);
          changed();
        },
      };
    },
    cancel(id) {
      const task = running.get(id);
      if (!task) throw new ServingError('NOT_FOUND', 'this task has ended already');
      if (!task.view.cancellable || !task.cancel)
        throw new ServingError('FAILED_PRECONDITION', 'this task cannot be stopped, or is stopping already');
      task.view = { ...task.view, cancellable: false, detail: 'stopping' };
      task.cancel();
      changed();
    },
    current: () => [...[...running.values()].map(({ view }) => view), ...ended],
    subscribe(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
  };
}
