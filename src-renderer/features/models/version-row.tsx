import { memo } from 'react';
import type { ServableName, ServableVersion } from '#contracts/ids.ts';
import type { DownloadView, ModelView, VersionView } from '#contracts/ui.ts';
import { Ago, Countdown } from '../../components/time.tsx';
import { downloadText, formatBytes, formatCount, memoryText, plural } from '../../format/quantity.ts';
import { formatDuration, formatSpan } from '../../format/time.ts';
import { useConnected, useServer, useTimeText } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { memoryOf, sharersOf } from './model-facts.ts';
import { whyText } from './reason-text.ts';
import { StatusBadge } from './status-badge.tsx';
import { RETRY_LABEL, useRetry } from './use-retry.ts';
import { retryText, STATUS_LOOK, versionStatus } from './version-status.ts';

const words = strings.models;

/** One version: its state, why, and the memory it takes; renders again only when it changes. */
export const VersionRow = memo(function VersionRow({
  name,
  view,
  labels,
  isOpen,
  isReachable,
}: {
  readonly name: ServableName;
  readonly view: VersionView;
  /** All of the model's. */
  readonly labels: ModelView['labels'];
  /** Shows the numbers too. */
  readonly isOpen: boolean;
  /** Whether its controls take part in the order of Tab. */
  readonly isReachable: boolean;
}) {
  const status = versionStatus(view);
  // It takes no memory now: the place is better used for why.
  const isDown = status === 'failed' || status === 'retrying';
  return (
    <li className="version-line" data-status={status}>
      <span className="font-mono text-xs font-medium wrap-anywhere">
        <span className="sr-only">{words.version}</span>v{view.version}
      </span>
      <StatusBadge look={STATUS_LOOK[status]} />
      <span className={`version-why ${isDown ? 'version-why-wide' : ''}`}>
        {labels
          .filter(({ version }) => version === view.version)
          .map((each) => (
            <LabelChip key={each.label} label={each} />
          ))}
        <Why name={name} view={view} isOpen={isOpen} isReachable={isReachable} />
      </span>
      {!isDown && <Memory memory={view.memory} />}
      {isOpen && <Facts view={view} />}
    </li>
  );
});

/** Measured where it was, else what is expected, marked as such. */
function Memory({ memory }: { readonly memory: VersionView['memory'] }) {
  if (!memory) return <span className="version-memory" />;
  const { bytes, isMeasured } = memoryOf(memory);
  const size = formatBytes(bytes);
  const said = isMeasured ? words.memoryMeasured(size) : words.memoryExpected(size);
  return (
    <span className={`version-memory ${isMeasured ? '' : 'text-faint'}`} title={said}>
      <span aria-hidden>
        {isMeasured ? '' : '≈ '}
        {size}
      </span>
      <span className="sr-only">{said}</span>
    </span>
  );
}

function Facts({ view }: { readonly view: VersionView }) {
  const { sinceMs, loadMs, inFlight, sizeBytes, worker } = view;
  const facts = [
    ...(loadMs === undefined ? [] : [words.loadedIn(formatDuration(loadMs))]),
    ...(view.phase === 'available' || inFlight > 0 ? [words.inFlight(formatCount(inFlight))] : []),
    ...(sizeBytes === undefined ? [] : [words.onDisk(formatBytes(sizeBytes))]),
  ];
  return (
    <span className="version-facts">
      <span>
        {words.since} <Ago atMs={sinceMs} />
      </span>
      {facts.map((fact) => (
        <span key={fact}>{fact}</span>
      ))}
      {worker && <WorkerFact worker={worker} />}
    </span>
  );
}

/** The process that it is in, with what all models in it take together where they share it. */
export function WorkerFact({ worker: { pid, shared } }: { readonly worker: NonNullable<VersionView['worker']> }) {
  const sharers = useServer((state) => (shared ? sharersOf(state.models).get(pid) : undefined));
  return (
    <span title={sharers && words.sharedHint}>
      {sharers
        ? words.sharedWorker(String(pid), formatBytes(sharers.bytes), plural(sharers.versions, 'version'))
        : words.worker(String(pid))}
    </span>
  );
}

/** The word of a label: whoever asks for it gets this version, or will once it is available. */
export function LabelChip({ label: { label, pending } }: { readonly label: ModelView['labels'][number] }) {
  return (
    <span
      title={pending ? words.pendingHint : undefined}
      className={`rounded-sm border px-1.5 text-2xs whitespace-nowrap ${
        pending ? 'border-dashed border-line-strong text-muted' : 'border-transparent bg-accent-soft text-accent'
      }`}
    >
      <span className="sr-only">{words.label}</span>
      {label}
      {pending && <span className="text-faint">{words.pending}</span>}
    </span>
  );
}

function Why({
  name,
  view,
  isOpen,
  isReachable,
}: {
  readonly name: ServableName;
  readonly view: VersionView;
  readonly isOpen: boolean;
  readonly isReachable: boolean;
}) {
  const status = versionStatus(view);
  const why = whyText(view);
  switch (status) {
    case 'retrying':
      return (
        <>
          <span className="font-medium text-warn">
            {retryText(view)} <Countdown untilMs={view.retryAtMs ?? 0} />
          </span>
          <RetryButton name={name} view={view} label={RETRY_LABEL[status]} isReachable={isReachable} />
          <Reason text={view.error?.message ?? why} isFull={isOpen} className="text-muted" />
        </>
      );
    case 'failed':
      return (
        <>
          <Reason text={why} isFull={isOpen} className="text-bad" />
          <RetryButton name={name} view={view} label={RETRY_LABEL[status]} isReachable={isReachable} />
        </>
      );
    case 'loading':
      if (view.download) return <Download name={name} version={view.version} download={view.download} />;
      return (
        <>
          {why !== '' && <span>{why}</span>}
          {view.memory && <span className="text-muted">{memoryText(view.memory)}</span>}
          {view.error && <span className="text-muted">{view.error.message}</span>}
        </>
      );
    case 'held':
      return (
        <>
          <span className="text-muted" title={why}>
            {isOpen || view.held !== 'unloaded' ? why : words.held.brief}
          </span>
          {view.held === 'unloaded' && (
            <RetryButton name={name} view={view} label={RETRY_LABEL[status]} isReachable={isReachable} />
          )}
        </>
      );
    default:
      return why === '' ? null : (
        <Reason text={isOpen ? why : withoutCause(why)} isFull={isOpen} className="text-muted" />
      );
  }
}

/** What keeps the next version from serving stands in the row of that version. */
function withoutCause(why: string): string {
  return why.replace(/^(v\d+ keeps serving: v\d+ failed to load) \(.*\)$/su, '$1');
}

/** Four lines of it while the row is folded. */
function Reason({
  text,
  isFull,
  className,
}: {
  readonly text: string;
  readonly isFull: boolean;
  readonly className: string;
}) {
  if (isFull) return <span className={className}>{text}</span>;
  return (
    <span className={`version-why-short ${className}`} title={text}>
      {text}
    </span>
  );
}

/** How far the files of a version have come from their store. */
function Download({
  name,
  version,
  download,
}: {
  readonly name: ServableName;
  readonly version: ServableVersion;
  readonly download: DownloadView;
}) {
  const { doneBytes, totalBytes, file, stalledSinceMs } = download;
  return (
    <>
      <span title={file}>{downloadText(download)}</span>
      {stalledSinceMs !== undefined && <Stalled sinceMs={stalledSinceMs} />}
      <progress
        aria-label={words.downloadOf(name, version)}
        className="download-bar"
        max={Math.max(1, totalBytes)}
        value={doneBytes}
      />
    </>
  );
}

function Stalled({ sinceMs }: { readonly sinceMs: number }) {
  const text = useTimeText((now) => words.stalledFor(formatSpan(now - sinceMs)));
  return <span className="font-medium whitespace-nowrap text-warn">{text}</span>;
}

function RetryButton({
  name,
  view,
  label,
  isReachable,
}: {
  readonly name: ServableName;
  readonly view: VersionView;
  readonly label: string;
  readonly isReachable: boolean;
}) {
  const retry = useRetry();
  const connected = useConnected();
  return (
    <button
      type="button"
      disabled={!connected}
      tabIndex={isReachable ? 0 : -1}
      aria-label={words.retry.of(label, name, view.version)}
      className="rounded-sm font-medium whitespace-nowrap text-accent underline-offset-2 enabled:hover:underline disabled:opacity-50"
      onClick={() => retry(name, view.version, view.held)}
    >
      {label}
    </button>
  );
}
