import { CircleAlert } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { LoadTestReport } from '#contracts/ui-traffic.ts';
import { Notice } from '../../components/notice.tsx';
import { Sheet } from '../../components/sheet.tsx';
import { useBoard, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { createLoadTestList } from './load-test-list.ts';
import { LoadTestForm } from './load-test-form.tsx';
import { LoadTestReports } from './load-test-reports.tsx';
import { LoadTestResult } from './load-test-result.tsx';

const text = strings.traffic;

/** A load test: to be started, running, or its report. */
export function LoadTestSheet({
  test,
  given,
  model,
  onOpen,
  onClose,
}: {
  /** `new`, or the id of a test. */
  readonly test: string;
  /** A request to send, where one was chosen. */
  readonly given: { readonly model: string; readonly body: string } | undefined;
  /** The model that the screen is about. */
  readonly model: string | undefined;
  readonly onOpen: (test: string) => void;
  readonly onClose: () => void;
}) {
  const { reports, problem, reload } = useReports();
  const shown = reports.find(({ id }) => id === test);
  const running = reports.find(({ state }) => state === 'running');
  const content = useRef<HTMLDivElement>(null);
  useEffect(() => refocus(content.current, shown?.state), [shown?.state]);
  return (
    <Sheet title={text.loadTestTitle} isOpen onClose={onClose} width="lg">
      <div ref={content} tabIndex={-1} className="flex flex-col gap-5">
        {problem !== undefined && <Notice tone="bad" icon={CircleAlert} title={problem} />}
        {shown ? (
          <LoadTestResult key={shown.id} report={shown} onNew={() => onOpen('new')} />
        ) : (
          <LoadTestForm
            given={given}
            model={model}
            running={running}
            onStarted={(id) => {
              reload();
              onOpen(id);
            }}
          />
        )}
        <LoadTestReports reports={reports} opened={shown?.id} onOpen={onOpen} onDeleted={reload} />
      </div>
    </Sheet>
  );
}

/** The button that was pressed is gone with what it did: the focus stays in the sheet, or Escape would not close it. */
function refocus(content: HTMLElement | null, _state: LoadTestReport['state'] | undefined): void {
  if (document.activeElement === document.body) content?.focus();
}

/** All reports; read anew when a test begins or ends, and that of the one that runs as often as it has news. */
function useReports(): {
  readonly reports: readonly LoadTestReport[];
  readonly problem: string | undefined;
  readonly reload: () => void;
} {
  const { commands } = useServices();
  const tasks = useBoard('tasks');
  const [list] = useState(() => createLoadTestList(commands));
  const { reports, problem } = useStore(list.store);
  // Other tasks change the board too.
  const own = (tasks ?? []).filter(({ kind }) => kind === 'loadTest');
  const states = own.map(({ id, state }) => `${id} ${state}`).join();
  const progress = own.map((task) => task.progress?.done ?? '').join();
  useEffect(() => list.told(states, progress), [list, states, progress]);
  useEffect(() => () => list.close(), [list]);
  return { reports, problem, reload: () => list.reload() };
}
