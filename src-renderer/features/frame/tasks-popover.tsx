import { CircleCheck, CircleMinus, CircleX, ListChecks, LoaderCircle, X } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMemo } from 'react';
import { Link } from 'wouter';
import type { TaskView } from '#contracts/ui-tasks.ts';
import { IconButton } from '../../components/button.tsx';
import type { Tone } from '../../components/notice.tsx';
import { TONE_TEXT } from '../../components/notice.tsx';
import { PopoverButton } from '../../components/popover.tsx';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { Ago } from '../../components/time.tsx';
import { formatCount } from '../../format/quantity.ts';
import { formatDuration } from '../../format/time.ts';
import { errorText } from '../../stores/commands.ts';
import { useBoard, useConnected, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { progressText, summarizeTasks, taskFraction } from './task-text.ts';

const words = strings.frame.tasks;
const NONE: readonly TaskView[] = [];

const LOOK: Readonly<Record<TaskView['state'], { readonly icon: LucideIcon; readonly tone: Tone }>> = {
  running: { icon: LoaderCircle, tone: 'busy' },
  done: { icon: CircleCheck, tone: 'ok' },
  failed: { icon: CircleX, tone: 'bad' },
  cancelled: { icon: CircleMinus, tone: 'idle' },
};

/** The long jobs of the server in a few words, and all of them in a popover: how far, how fast, how long still. */
export function TasksButton() {
  const tasks = useBoard('tasks') ?? NONE;
  const summary = useMemo(() => summarizeTasks(tasks), [tasks]);
  return (
    <PopoverButton
      label={words.label}
      placement="top end"
      className="flex h-6 min-w-0 items-center gap-1.5 rounded-sm px-1.5 transition-colors hover:bg-hover hover:text-ink aria-expanded:bg-active aria-expanded:text-ink"
      renderContent={(close) => <Tasks tasks={tasks} onLeave={close} />}
    >
      {summary.running === 0 ? (
        <>
          <ListChecks aria-hidden size={13} className="shrink-0" />
          <span className="max-[700px]:sr-only">{words.label}</span>
        </>
      ) : (
        <>
          <LoaderCircle aria-hidden size={13} className="shrink-0 animate-spin text-busy" />
          <span className="max-w-56 truncate font-medium text-busy">{summary.text}</span>
          <span className="text-ink max-[700px]:hidden">{summary.progress}</span>
        </>
      )}
    </PopoverButton>
  );
}

function Tasks({ tasks, onLeave }: { readonly tasks: readonly TaskView[]; readonly onLeave: () => void }) {
  const running = tasks.filter(({ state }) => state === 'running');
  const ended = tasks.filter(({ state }) => state !== 'running');
  return (
    <div className="flex w-96 max-w-full flex-col gap-1 p-2">
      {tasks.length === 0 && (
        <div className="flex flex-col items-center gap-1 px-4 py-6 text-center">
          <ListChecks aria-hidden size={18} className="text-faint" />
          <p className="text-sm font-medium">{words.none}</p>
          <p className="text-xs text-muted">{words.empty}</p>
        </div>
      )}
      <Group title={words.running} tasks={running}>
        {(task) => <Running task={task} onLeave={onLeave} />}
      </Group>
      <Group title={words.ended} tasks={ended}>
        {(task) => <Ended task={task} onLeave={onLeave} />}
      </Group>
    </div>
  );
}

function Group({
  title,
  tasks,
  children,
}: {
  readonly title: string;
  readonly tasks: readonly TaskView[];
  readonly children: (task: TaskView) => ReactNode;
}) {
  if (tasks.length === 0) return null;
  return (
    <section aria-label={title}>
      <h3 className="flex justify-between px-2 pt-1 pb-0.5 text-2xs font-medium text-faint">
        {title}
        <span>{formatCount(tasks.length)}</span>
      </h3>
      <ul className="flex flex-col">
        {tasks.map((task) => (
          <li key={task.id} data-task-state={task.state}>
            {children(task)}
          </li>
        ))}
      </ul>
    </section>
  );
}

interface TaskProps {
  readonly task: TaskView;
  readonly onLeave: () => void;
}

function Running({ task, onLeave }: TaskProps) {
  const { commands, toasts } = useServices();
  const connected = useConnected();
  const { id, title, progress, detail, cancellable } = task;
  return (
    <div className="flex items-start gap-1 rounded-md py-1.5 ps-2 pe-1">
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <Title task={task} onLeave={onLeave} />
        <ProgressBar
          label={title}
          labelHidden
          fraction={taskFraction(task)}
          {...(progress ? { valueText: progressText(progress) } : {})}
        />
        <p className="flex flex-wrap gap-x-2 text-xs text-muted">
          {progress && <span>{progressText(progress)}</span>}
          {detail !== undefined && <span className="min-w-0 truncate text-faint">{detail}</span>}
        </p>
      </div>
      {cancellable && (
        <IconButton
          icon={X}
          label={words.cancel(title)}
          disabled={!connected}
          onClick={() => {
            commands.run('cancelTask', { id }).catch((error: unknown) => {
              toasts.getState().show({ tone: 'bad', message: errorText(error) });
            });
          }}
        />
      )}
    </div>
  );
}

function Ended({ task, onLeave }: TaskProps) {
  const { state, startedMs, endedMs, detail } = task;
  const { icon: Icon, tone } = LOOK[state];
  return (
    <div className="flex items-start gap-2 rounded-md px-2 py-1.5">
      <Icon aria-hidden size={14} className={`mt-0.75 shrink-0 ${TONE_TEXT[tone]}`} />
      <div className="min-w-0 flex-1">
        <Title task={task} onLeave={onLeave} />
        <p className="flex flex-wrap gap-x-2 text-xs text-faint">
          <span className={TONE_TEXT[tone]}>{words.states[state]}</span>
          {endedMs !== undefined && (
            <>
              <Ago atMs={endedMs} />
              <span>{words.took(formatDuration(endedMs - startedMs))}</span>
            </>
          )}
        </p>
        {detail !== undefined && (
          <p className={`text-xs wrap-anywhere ${state === 'failed' ? 'text-ink' : 'text-faint'}`}>{detail}</p>
        )}
      </div>
    </div>
  );
}

function Title({ task: { title, route }, onLeave }: TaskProps) {
  if (route === undefined) return <p className="truncate text-sm">{title}</p>;
  return (
    <Link
      href={route}
      onClick={onLeave}
      aria-label={words.show(title)}
      className="block truncate rounded-sm text-sm underline-offset-2 hover:underline"
    >
      {title}
    </Link>
  );
}
