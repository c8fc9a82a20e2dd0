import { X } from 'lucide-react';
import { useMemo } from 'react';
import { Link } from 'wouter';
import type { ModelView, VersionView } from '#contracts/ui.ts';
import { Button } from '../../components/button.tsx';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { Ago } from '../../components/time.tsx';
import { downloadText } from '../../format/quantity.ts';
import { sentence } from '../../format/sentence.ts';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { wholeThousandths } from './fraction.ts';

const words = strings.sources.downloads;

interface Running {
  readonly model: ModelView;
  readonly version: VersionView;
  readonly download: NonNullable<VersionView['download']>;
}

/** Versions that come from a store at the moment; nothing while none does. */
export function Downloads() {
  const models = useServer((state) => state.models);
  const running = useMemo(
    () =>
      Object.values(models).flatMap((model): readonly Running[] =>
        model.versions.flatMap((version) => (version.download ? [{ model, version, download: version.download }] : [])),
      ),
    [models],
  );
  if (running.length === 0) return null;
  return (
    <section aria-label={words.title} className="flex min-w-0 flex-col gap-2">
      <h2 className="text-md font-semibold">{words.title}</h2>
      <ul aria-label={words.table} className="divide-y divide-line rounded-lg border border-line bg-surface">
        {running.map((each) => (
          <DownloadRow key={`${each.model.name}/${each.version.version}`} {...each} />
        ))}
      </ul>
    </section>
  );
}

function DownloadRow({ model: { name }, version: { version }, download }: Running) {
  const { commands, toasts } = useServices();
  const connected = useConnected();
  const what = `${name} ${words.version(version)}`;
  const { doneBytes, totalBytes, stalledSinceMs, file } = download;
  const text = sentence(downloadText(download));
  const cancel = (): void => {
    commands
      .run('cancelDownload', { name, version })
      .catch((error: unknown) =>
        toasts.getState().show({ tone: 'bad', message: words.cancelFailed(what, errorText(error)) }),
      );
  };
  return (
    <li data-download={`${name}/${version}`} className="flex items-center gap-4 px-4 py-2.5">
      <div className="flex min-w-0 flex-1 flex-col gap-1.5">
        <div className="flex flex-wrap items-baseline gap-x-3 text-sm">
          <Link href={`/models/${name}`} className="rounded-sm font-medium hover:underline">
            {name} <span className="font-mono text-xs">{words.version(version)}</span>
          </Link>
          <span className="text-xs text-muted">{text}</span>
          {stalledSinceMs !== undefined && (
            <span className="text-xs font-medium text-warn">
              {words.stalled} <Ago atMs={stalledSinceMs} />
            </span>
          )}
          <span className="ms-auto truncate font-mono text-2xs text-faint max-[900px]:hidden">{file}</span>
        </div>
        <ProgressBar
          label={words.label(what)}
          labelHidden
          fraction={wholeThousandths(doneBytes, totalBytes)}
          valueText={text}
          tone={stalledSinceMs === undefined ? 'busy' : 'warn'}
        />
      </div>
      <Button size="sm" icon={X} aria-label={words.cancelOne(what)} disabled={!connected} onClick={cancel}>
        {words.cancel}
      </Button>
    </li>
  );
}
