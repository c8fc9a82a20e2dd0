import type { LucideIcon } from 'lucide-react';
import { Calculator, Cloud, Hash, RotateCw, ShieldCheck, TriangleAlert, X } from 'lucide-react';
import { useState } from 'react';
import type { ServableVersion } from '#contracts/ids.ts';
import type { ModelView } from '#contracts/ui.ts';
import type { VersionFile } from '#contracts/ui-graph.ts';
import { Button } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy.tsx';
import type { Column } from '../../components/data-table.tsx';
import { DataTable } from '../../components/data-table.tsx';
import type { Tone } from '../../components/notice.tsx';
import { Notice, TONE_TEXT } from '../../components/notice.tsx';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { Select } from '../../components/select.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { formatBytes, plural } from '../../format/quantity.ts';
import { sentence } from '../../format/sentence.ts';
import { formatAbsolute } from '../../format/time.ts';
import { useAppearance, useConnected, useServer } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { ROW_HEIGHT_PX } from '../../theme/appearance.ts';
import { Card } from './card.tsx';
import { useVersionFiles } from './use-version-files.ts';

const text = strings.model.files;

/** Rows that are in view; more are scrolled to. */
const ROWS_SHOWN = 10;

/** The files of one version, of which there are few or thousands, and what is known of their bytes. */
export function FilesCard({
  model,
  usual,
}: {
  readonly model: ModelView;
  /** The version that the rest of the tab tells of. */
  readonly usual: ServableVersion | undefined;
}) {
  const [chosen, setChosen] = useState<ServableVersion>();
  const versions = model.source.versions.map(({ version }) => version);
  const version = [chosen, usual].find((each) => each !== undefined && versions.includes(each)) ?? versions[0];
  if (version === undefined) {
    return (
      <Card title={text.title} isWide>
        <p className="text-sm text-muted">{text.noVersion}</p>
      </Card>
    );
  }
  const picker = versions.length > 1 && (
    <div className="w-28">
      <Select
        label={text.version}
        labelHidden
        selected={version}
        options={versions.map((key) => ({ key, label: text.option(key) }))}
        onSelect={setChosen}
      />
    </div>
  );
  return (
    <Card title={text.title} aside={picker || text.option(version)} isWide>
      <Files key={version} model={model} version={version} />
    </Card>
  );
}

function Files({ model, version }: { readonly model: ModelView; readonly version: ServableVersion }) {
  const { answer, sums, compute, cancel, retry } = useVersionFiles(model, version);
  const connected = useConnected();
  if (answer.kind === 'waiting') return <Skeleton rows={1} label={text.loading} />;
  if (answer.kind === 'failed') {
    return (
      <Notice
        tone="bad"
        icon={TriangleAlert}
        title={text.failed}
        actions={
          <Button size="sm" icon={RotateCw} disabled={!connected} onClick={retry}>
            {text.tryAgain}
          </Button>
        }
      >
        <p role="alert">{sentence(answer.message)}</p>
      </Notice>
    );
  }
  const { files, canCompute } = answer;
  if (files.length === 0) return <p className="text-sm text-muted">{text.none}</p>;
  return (
    <div className="flex flex-col gap-2">
      <FileTable files={files} />
      <div className="flex min-h-control-sm flex-wrap items-center gap-x-4 gap-y-2 text-xs text-muted">
        <span className="tabular-nums">
          {text.total(
            plural(files.length, 'file'),
            formatBytes(files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)),
          )}
        </span>
        {sums.kind === 'computing' ? (
          <div className="flex min-w-64 flex-1 items-center gap-3">
            <ProgressBar label={text.computing} fraction={undefined} />
            <Button size="sm" icon={X} onClick={cancel}>
              {text.cancel}
            </Button>
          </div>
        ) : (
          canCompute && (
            <Button size="sm" icon={Calculator} disabled={!connected} onClick={compute}>
              {text.compute}
            </Button>
          )
        )}
      </div>
      {sums.kind === 'failed' && (
        <Notice tone="bad" icon={TriangleAlert} title={text.notComputed}>
          <p role="alert">{sentence(sums.message)}</p>
        </Notice>
      )}
    </div>
  );
}

function FileTable({ files }: { readonly files: readonly VersionFile[] }) {
  const offset = useServer((state) => state.clockOffsetMs);
  const density = useAppearance((state) => state.density);
  const columns: readonly Column<VersionFile>[] = [
    {
      key: 'path',
      header: text.columns.path,
      width: 'minmax(7.5rem, 2fr)',
      render: ({ path }) => (
        <span title={path} className="font-mono text-xs">
          {path}
        </span>
      ),
    },
    {
      key: 'size',
      header: text.columns.size,
      width: '5rem',
      align: 'end',
      render: ({ sizeBytes }) => <span className="text-xs tabular-nums">{formatBytes(sizeBytes)}</span>,
    },
    {
      key: 'changed',
      header: text.columns.changed,
      width: '9rem',
      render: ({ modifiedAtMs }) =>
        modifiedAtMs !== undefined && (
          <time dateTime={new Date(modifiedAtMs).toISOString()} className="text-xs text-muted tabular-nums">
            {/* To the second, as file managers show it. */}
            {formatAbsolute(modifiedAtMs - offset).replace(/\.\d+$/u, '')}
          </time>
        ),
    },
    {
      key: 'checksum',
      header: text.columns.checksum,
      width: 'minmax(9rem, 3fr)',
      render: (file) => <Checksum file={file} />,
    },
    {
      key: 'origin',
      header: text.columns.origin,
      width: '9.5rem',
      render: ({ checksum }) => checksum && <Origin origin={checksum.origin} />,
    },
  ];
  const rowPx = ROW_HEIGHT_PX[density];
  return (
    <div
      className="flex min-h-0 flex-col overflow-hidden rounded-md border border-line"
      // Its rows, its head, and its border.
      style={{ height: (Math.min(files.length, ROWS_SHOWN) + 1) * rowPx + 2 }}
    >
      <DataTable label={text.title} columns={columns} items={files} keyOf={keyOf} />
    </div>
  );
}

const keyOf = ({ path }: VersionFile): string => path;

function Checksum({ file: { path, checksum, problem } }: { readonly file: VersionFile }) {
  if (problem !== undefined) {
    return (
      <span title={problem} className="flex items-center gap-1.5 text-xs text-warn">
        <TriangleAlert aria-hidden size={13} className="shrink-0" />
        <span className="truncate">{sentence(problem)}</span>
      </span>
    );
  }
  if (!checksum) return <span className="text-xs text-faint">{text.unknown}</span>;
  const { algorithm, value } = checksum;
  return (
    <span className="flex min-w-0 items-center gap-2">
      <span className="shrink-0 text-xs text-faint">{algorithm}</span>
      <span title={value} className="min-w-0 truncate font-mono text-xs">
        {value}
      </span>
      <CopyButton text={value} what={text.copied(algorithm, path)} />
    </span>
  );
}

type Origin = NonNullable<VersionFile['checksum']>['origin'];

const ORIGIN: Readonly<Record<Origin, { readonly icon: LucideIcon; readonly tone: Tone }>> = {
  verified: { icon: ShieldCheck, tone: 'ok' },
  computed: { icon: Hash, tone: 'idle' },
  told: { icon: Cloud, tone: 'idle' },
};

function Origin({ origin }: { readonly origin: Origin }) {
  const { icon: Icon, tone } = ORIGIN[origin];
  return (
    <span className={`flex items-center gap-1.5 text-xs ${TONE_TEXT[tone]}`}>
      <Icon aria-hidden size={13} className="shrink-0" />
      {text.origin[origin]}
    </span>
  );
}
