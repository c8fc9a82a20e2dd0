import {
  CircleAlert,
  CircleCheck,
  CircleSlash2,
  CircleX,
  History,
  LoaderCircle,
  TriangleAlert,
  Wrench,
} from 'lucide-react';
import type { ReactNode } from 'react';
import type { ConnectionChange, ConnectionTest, TestStage } from '#contracts/ui-sources.ts';
import { TEST_STAGES } from '#contracts/ui-sources.ts';
import { Button } from '../../components/button.tsx';
import { Notice } from '../../components/notice.tsx';
import type { Stage, StageState } from '../../components/stage-list.tsx';
import { StageList } from '../../components/stage-list.tsx';
import { Ago } from '../../components/time.tsx';
import { fullStop, sentence } from '../../format/sentence.ts';
import { formatDuration } from '../../format/time.ts';
import { strings } from '../../strings/index.ts';
import type { FormField } from './connection-form.ts';
import { failedStage, splitCode } from './connection-state.ts';
import type { ShownTest } from './use-connection-test.ts';

const words = strings.sources.test;

/** The field that is most likely wrong when a stage fails. */
const FIELD_OF_STAGE: Readonly<Record<TestStage['stage'], FormField | undefined>> = {
  name: 'endpoint',
  connect: 'endpoint',
  tls: 'caFile',
  clock: undefined,
  signature: 'credentials',
  list: 'startUri',
  read: 'startUri',
};

const STATE: Readonly<Record<TestStage['status'], StageState>> = {
  waiting: 'pending',
  running: 'running',
  ok: 'ok',
  failed: 'failed',
  skipped: 'skipped',
};

/** The stages of a connection test as they tick, what the first failure means, and what to do about it. */
export function ConnectionTestPanel({
  shown: { test, refusal, isRunning },
  isStale,
  disabled,
  onRun,
  onStop,
  onFix,
  onEdit,
}: {
  readonly shown: ShownTest;
  /** The form has changed since. */
  readonly isStale: boolean;
  readonly disabled: boolean;
  readonly onRun: () => void;
  readonly onStop: () => void;
  /** Applies a fix to the form and tests again. */
  readonly onFix: (change: ConnectionChange) => void;
  readonly onEdit: (field: FormField) => void;
}) {
  return (
    <section
      aria-label={words.title}
      className="flex min-w-0 flex-col gap-2 rounded-lg border border-line bg-surface p-4"
    >
      <header className="flex min-h-6 items-center gap-2">
        <h3 className="text-sm font-semibold">{words.title}</h3>
        {test && !isRunning && (
          <span className="flex items-center gap-1 text-xs text-faint">
            <Ago atMs={test.startedMs} />
          </span>
        )}
        <span className="flex-1" />
        {isRunning && (
          <Button size="sm" onClick={onStop}>
            {words.stop}
          </Button>
        )}
        {!isRunning && test !== undefined && (
          <Button size="sm" disabled={disabled} onClick={onRun}>
            {words.again}
          </Button>
        )}
      </header>
      {refusal !== undefined && (
        <Notice tone="bad" icon={CircleAlert} title={words.refused}>
          {fullStop(sentence(refusal))}
        </Notice>
      )}
      {test ? <Verdict test={test} /> : <p className="text-xs text-muted">{words.idle}</p>}
      {isStale && test && !isRunning && (
        <p className="flex items-center gap-1.5 text-xs text-warn">
          <History aria-hidden size={13} />
          {words.stale}
        </p>
      )}
      <StageList
        label={words.list}
        stages={
          test
            ? test.stages.map((stage) => shownStage(stage, test, { disabled, onFix, onEdit, onRun }))
            : TEST_STAGES.map((stage) => ({
                key: stage,
                label: words.stages[stage],
                state: 'pending',
                note: words.aims[stage],
              }))
        }
      />
      {test && <Found found={test.found} />}
    </section>
  );
}

function Verdict({ test }: { readonly test: ConnectionTest }) {
  const failed = failedStage(test);
  switch (test.state) {
    case 'running':
      return <VerdictLine icon={LoaderCircle} className="text-busy" spins text={words.running} />;
    case 'ok':
      return <VerdictLine icon={CircleCheck} className="text-ok" text={words.ok} />;
    case 'cancelled':
      return <VerdictLine icon={CircleSlash2} className="text-muted" text={words.cancelled} />;
    case 'failed':
      return isPartial(test) ? (
        <VerdictLine icon={TriangleAlert} className="text-warn" text={words.partial} />
      ) : (
        <VerdictLine
          icon={CircleX}
          className="text-bad"
          text={failed ? words.failedAt(words.stages[failed.stage]) : strings.sources.state.failed}
        />
      );
    default:
      return test.state satisfies never;
  }
}

function VerdictLine({
  icon: Icon,
  className,
  spins = false,
  text,
}: {
  readonly icon: typeof CircleX;
  readonly className: string;
  readonly spins?: boolean;
  readonly text: string;
}) {
  return (
    <p role="status" className={`flex items-center gap-2 text-md font-semibold ${className}`}>
      <Icon aria-hidden size={17} className={spins ? 'animate-spin' : ''} />
      {text}
    </p>
  );
}

/** Whether single files may be read, or may well be, while listing is forbidden. */
function isPartial({ stages }: Pick<ConnectionTest, 'stages'>): boolean {
  const list = stages.find(({ stage }) => stage === 'list');
  return list?.status === 'failed' && list.code === 'S3_LIST_DENIED';
}

interface Actions {
  readonly disabled: boolean;
  readonly onFix: (change: ConnectionChange) => void;
  readonly onEdit: (field: FormField) => void;
  readonly onRun: () => void;
}

function shownStage(stage: TestStage, test: ConnectionTest, actions: Actions): Stage {
  const { stage: key, status, ms, detail } = stage;
  const shown = { key, label: words.stages[key], state: STATE[status] };
  switch (status) {
    case 'failed':
      return { ...shown, detail: <Failure stage={stage} test={test} {...actions} /> };
    case 'skipped':
      return { ...shown, note: detail ?? words.skippedAfter };
    case 'ok':
      return {
        ...shown,
        note: [detail, ms === undefined ? undefined : formatDuration(ms)].filter(Boolean).join(' · '),
      };
    case 'waiting':
      return { ...shown, note: words.aims[key] };
    case 'running':
      return { ...shown, note: words.aims[key] };
    default:
      return status satisfies never;
  }
}

function Failure({
  stage: { stage, detail = '', code, fix },
  test,
  disabled,
  onFix,
  onEdit,
  onRun,
}: Actions & { readonly stage: TestStage; readonly test: ConnectionTest }) {
  const field = FIELD_OF_STAGE[stage];
  const change = fix?.change;
  return (
    <div className={`flex flex-col gap-2 rounded-md p-3 ${isPartial(test) ? 'bg-warn-soft' : 'bg-bad-soft'}`}>
      <p className="text-sm wrap-anywhere">{fullStop(sentence(splitCode(detail).text))}</p>
      {stage === 'list' && isPartial(test) && <p className="text-xs text-muted">{words.partialText}</p>}
      {fix && (
        <p className="flex items-start gap-1.5 text-sm font-medium">
          <Wrench aria-hidden size={14} className="mt-0.75 shrink-0" />
          <span className="wrap-anywhere">{fullStop(sentence(fix.text))}</span>
        </p>
      )}
      <div className="flex flex-wrap items-center gap-2">
        {change && (
          <Button variant="primary" size="sm" disabled={disabled} onClick={() => onFix(change)}>
            {words.apply}
          </Button>
        )}
        {!change && (
          <Button
            size="sm"
            disabled={disabled && field === undefined}
            onClick={() => (field ? onEdit(field) : onRun())}
          >
            {words.fixes[stage]}
          </Button>
        )}
        {code !== undefined && <code className="ms-auto font-mono text-2xs text-muted">{code}</code>}
      </div>
    </div>
  );
}

/** What the test found out on its way. */
function Found({ found }: { readonly found: ConnectionTest['found'] }) {
  const { endpointHost, proxyHost, addressing, region, clockSkewMs } = found;
  const facts: readonly (readonly [string, ReactNode])[] = [
    [words.found.host, endpointHost],
    [words.found.proxy, proxyHost],
    [words.found.region, region],
    [words.found.addressing, addressing && `${words.styles[addressing.style]}: ${addressing.reason}`],
    [words.found.clock, clockSkewMs === undefined ? undefined : skewText(clockSkewMs)],
  ];
  const known = facts.filter(([, value]) => value !== undefined);
  if (known.length === 0) return null;
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5 border-t border-line pt-2 text-xs">
      {known.map(([term, value]) => (
        <div key={term} className="col-span-2 grid grid-cols-subgrid">
          <dt className="text-faint">{term}</dt>
          <dd className="min-w-0 wrap-anywhere text-muted">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const skewText = (skewMs: number): string => {
  const span = formatDuration(Math.abs(skewMs));
  return skewMs >= 0 ? words.ahead(span) : words.behind(span);
};
