import type { ReactNode } from 'react';
import { memo } from 'react';
import type { ServableName, ServableVersion } from '#contracts/ids.ts';
import type { DownloadView, ModelView, VersionView } from '#contracts/ui.ts';
import { Ago, Countdown } from '../../components/time.tsx';
import { downloadText, formatBytes, formatCount, memoryText } from '../../format/quantity.ts';
import { formatDuration } from '../../format/time.ts';
import { useConnected } from '../../stores/services.tsx';
import { whyText } from './reason-text.ts';
import { StatusBadge } from './status-badge.tsx';
import { RETRY_LABEL, useRetry } from './use-retry.ts';
import { retryText, STATUS_LOOK, versionStatus } from './version-status.ts';

/** One version: its state, why, and its numbers; renders again only when it changes. */
export const VersionRow = memo(function VersionRow({
  name,
  view,
  labels,
}: {
  readonly name: ServableName;
  readonly view: VersionView;
  /** All of the model's. */
  readonly labels: ModelView['labels'];
}) {
  const status = versionStatus(view);
  return (
    <li className="version-grid px-4 py-1 text-xs" data-status={status}>
      <span className="font-mono font-medium wrap-anywhere">
        <span className="sr-only">version </span>v{view.version}
      </span>
      <StatusBadge look={STATUS_LOOK[status]} />
      <span className="version-why">
        {labels
          .filter(({ version }) => version === view.version)
          .map((each) => (
            <LabelChip key={each.label} label={each} />
          ))}
        <Why name={name} view={view} />
      </span>
      <span className="version-facts">
        <Fact label="since">
          <Ago atMs={view.sinceMs} />
        </Fact>
        <Fact label="load" number>
          {view.loadMs === undefined ? '' : formatDuration(view.loadMs)}
        </Fact>
        <Fact label="in flight" number>
          {status === 'available' || view.inFlight > 0 ? formatCount(view.inFlight) : ''}
        </Fact>
        <Fact label="size" number>
          {view.sizeBytes === undefined ? '' : formatBytes(view.sizeBytes)}
        </Fact>
        <Fact label="worker">{view.worker ? `${view.worker.pid} ${view.worker.shared ? 'shared' : 'own'}` : ''}</Fact>
      </span>
    </li>
  );
});

function Fact({
  label,
  number = false,
  children,
}: {
  readonly label: string;
  readonly number?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <span className={`version-fact whitespace-nowrap text-muted ${number ? 'version-number' : ''}`}>
      {children === '' ? null : (
        <>
          <span className="version-fact-label">{label} </span>
          {children}
        </>
      )}
    </span>
  );
}

/** The word of a label: whoever asks for it gets this version, or will once it is available. */
export function LabelChip({ label: { label, pending } }: { readonly label: ModelView['labels'][number] }) {
  return (
    <span
      title={pending ? 'Requests by this label are refused until the version is available' : undefined}
      className={`rounded-sm border px-1.5 text-2xs whitespace-nowrap ${
        pending ? 'border-dashed border-line-strong text-muted' : 'border-transparent bg-accent-soft text-accent'
      }`}
    >
      <span className="sr-only">label </span>
      {label}
      {pending && <span className="text-faint">, pending</span>}
    </span>
  );
}

function Why({ name, view }: { readonly name: ServableName; readonly view: VersionView }) {
  const status = versionStatus(view);
  const why = whyText(view);
  switch (status) {
    case 'retrying':
      return (
        <>
          <span className="font-medium text-warn">
            {retryText(view)} <Countdown untilMs={view.retryAtMs ?? 0} />
          </span>
          <RetryButton name={name} view={view} label={RETRY_LABEL[status]} />
          <span className="text-muted">{view.error?.message ?? why}</span>
        </>
      );
    case 'failed':
      return (
        <>
          <span className="text-bad">{why}</span>
          <RetryButton name={name} view={view} label={RETRY_LABEL[status]} />
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
    default:
      return why === '' ? null : <span className="text-muted">{why}</span>;
  }
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
  const { doneBytes, totalBytes, file } = download;
  return (
    <>
      <span title={file}>{downloadText(download)}</span>
      <progress
        aria-label={`Download of ${name} version ${version}`}
        className="download-bar"
        max={Math.max(1, totalBytes)}
        value={doneBytes}
      />
    </>
  );
}

function RetryButton({
  name,
  view,
  label,
}: {
  readonly name: ServableName;
  readonly view: VersionView;
  readonly label: string;
}) {
  const retry = useRetry();
  const connected = useConnected();
  return (
    <button
      type="button"
      disabled={!connected}
      aria-label={`${label}: ${name} version ${view.version}`}
      className="rounded-sm font-medium whitespace-nowrap text-accent underline-offset-2 enabled:hover:underline disabled:opacity-50"
      onClick={() => retry(name, view.version)}
    >
      {label}
    </button>
  );
}
