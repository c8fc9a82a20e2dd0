import { CircleAlert, RotateCw, X } from 'lucide-react';
import { useMemo } from 'react';
import { Link } from 'wouter';
import type { DownloadView, ModelView, VersionView } from '#contracts/ui.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { Countdown } from '../../components/time.tsx';
import { downloadText } from '../../format/quantity.ts';
import { fullStop, sentence } from '../../format/sentence.ts';
import { formatSpan } from '../../format/time.ts';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServer, useServices, useTimeText } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { useRetry } from '../models/use-retry.ts';
import { retryText, STATUS_LOOK, versionStatus } from '../models/version-status.ts';
import { splitCode } from './connection-state.ts';
import { wholeThousandths } from './fraction.ts';

const words = strings.sources.downloads;

interface Row {
  readonly model: ModelView;
  readonly version: VersionView;
}

/** Versions that come from a store at the moment, and those that could not be had; nothing while there are none. */
export function Downloads() {
  const models = useServer((state) => state.models);
  const rows = useMemo(
    () =>
      Object.values(models).flatMap((model): readonly Row[] =>
        model.versions
          .filter((view) => view.download !== undefined || isNotFetched(view))
          .map((version) => ({ model, version })),
      ),
    [models],
  );
  if (rows.length === 0) return null;
  return (
    <section aria-label={words.title} className="flex min-w-0 flex-col gap-2">
      <h2 className="text-md font-semibold">{words.title}</h2>
      <ul aria-label={words.table} className="divide-y divide-line rounded-lg border border-line bg-surface">
        {rows.map(({ model, version }) =>
          version.download ? (
            <RunningRow key={keyOf({ model, version })} model={model} version={version} download={version.download} />
          ) : (
            <FailedRow key={keyOf({ model, version })} model={model} version={version} />
          ),
        )}
      </ul>
    </section>
  );
}

const keyOf = ({ model, version }: Row): string => `${model.name}/${version.version}`;

/** Whether it is a store that keeps a version from being loaded: the codes of stores begin with their scheme. */
function isNotFetched(view: VersionView): boolean {
  const status = versionStatus(view);
  if (status !== 'failed' && status !== 'retrying') return false;
  return /^(?:S3|HTTPS)_/u.test(splitCode(view.error?.message ?? '').code ?? '');
}

/** Why the fetch before this one ended; undefined for the first. */
function earlierProblem({ model, version }: Row): string | undefined {
  const told = model.history.findLast((event) => event.version === version.version && event.error !== undefined);
  return version.error?.message ?? told?.error?.message;
}

function RunningRow({ model, version, download }: Row & { readonly download: DownloadView }) {
  const { name } = model;
  const before = earlierProblem({ model, version });
  const { commands, toasts } = useServices();
  const connected = useConnected();
  const what = `${name} ${words.version(version.version)}`;
  const { doneBytes, totalBytes, stalledSinceMs, file } = download;
  const text = sentence(downloadText(download));
  const cancel = (): void => {
    commands
      .run('cancelDownload', { name, version: version.version })
      .catch((error: unknown) =>
        toasts.getState().show({ tone: 'bad', message: words.cancelFailed(what, errorText(error)) }),
      );
  };
  return (
    <li data-download={`${name}/${version.version}`} className="flex items-center gap-4 px-4 py-2.5">
      <div className="flex min-w-0 flex-1 flex-col gap-1.5">
        <div className="flex flex-wrap items-baseline gap-x-3 text-sm">
          <Name name={name} version={version.version} />
          <span className="text-xs text-muted">{text}</span>
          {stalledSinceMs !== undefined && <Stalled sinceMs={stalledSinceMs} />}
          <span className="ms-auto truncate font-mono text-2xs text-faint max-[900px]:hidden">{file}</span>
        </div>
        <ProgressBar
          label={words.label(what)}
          labelHidden
          fraction={wholeThousandths(doneBytes, totalBytes)}
          valueText={text}
          tone={stalledSinceMs === undefined ? 'busy' : 'warn'}
        />
        {before !== undefined && (
          <p className="text-xs wrap-anywhere text-muted">
            {words.begunAgain(fullStop(splitCode(before).text))} <Code message={before} />
          </p>
        )}
      </div>
      <Button size="sm" icon={X} aria-label={words.cancelOne(what)} disabled={!connected} onClick={cancel}>
        {words.cancel}
      </Button>
    </li>
  );
}

function Stalled({ sinceMs }: { readonly sinceMs: number }) {
  const text = useTimeText((now) => words.stalled(formatSpan(now - sinceMs)));
  return <span className="text-xs font-medium text-warn">{text}</span>;
}

/** What could not be had, why, when it is tried again, and a button that does so now. */
function FailedRow({ model: { name }, version }: Row) {
  const connected = useConnected();
  const retry = useRetry();
  const what = `${name} ${words.version(version.version)}`;
  const message = version.error?.message ?? '';
  const isTriedAgain = versionStatus(version) === 'retrying';
  return (
    <li data-download={`${name}/${version.version}`} className="flex items-start gap-4 px-4 py-2.5">
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <div className="flex flex-wrap items-center gap-x-3 text-sm">
          <Name name={name} version={version.version} />
          {isTriedAgain ? (
            <>
              <Badge tone={STATUS_LOOK.retrying.tone} icon={STATUS_LOOK.retrying.icon}>
                {words.failed}
              </Badge>
              <span className="text-xs text-muted">
                {retryText(version)} <Countdown untilMs={version.retryAtMs ?? 0} />
              </span>
            </>
          ) : (
            <Badge tone="bad" icon={CircleAlert}>
              {words.failed}
            </Badge>
          )}
        </div>
        <p className="text-xs wrap-anywhere text-ink">
          {fullStop(sentence(splitCode(message).text))} <Code message={message} />
        </p>
      </div>
      <Button
        size="sm"
        icon={RotateCw}
        aria-label={words.again(what)}
        disabled={!connected}
        onClick={() => retry(name, version.version)}
      >
        {words.againShort}
      </Button>
    </li>
  );
}

function Name({ name, version }: { readonly name: string; readonly version: string }) {
  return (
    <Link href={`/models/${name}`} className="rounded-sm font-medium hover:underline">
      {name} <span className="font-mono text-xs">{words.version(version)}</span>
    </Link>
  );
}

function Code({ message }: { readonly message: string }) {
  const { code } = splitCode(message);
  return code === undefined ? null : <code className="font-mono text-2xs text-muted">{code}</code>;
}
