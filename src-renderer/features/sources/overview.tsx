import { Boxes, Cloud, Database, Hexagon, Plug, Server } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import type { ConnectionPreset, SourcesBoard } from '#contracts/ui-sources.ts';
import { CONNECTION_PRESETS, ConnectionPreset as Presets } from '#contracts/ui-sources.ts';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { formatBytes, plural } from '../../format/quantity.ts';
import { strings } from '../../strings/index.ts';
import { wholeThousandths } from './fraction.ts';
import { Downloads } from './downloads.tsx';
import { WatchedPlaces } from './watched-places.tsx';

const words = strings.sources;

/** What is watched, what is coming, and what is kept; first of all the ways to connect a store, while there is none. */
export function Overview({
  board,
  onPreset,
}: {
  readonly board: SourcesBoard;
  readonly onPreset: (preset: ConnectionPreset) => void;
}) {
  return (
    <div className="flex flex-col gap-6 p-5">
      {board.connections.length === 0 && <PresetCards onPreset={onPreset} />}
      <Downloads />
      <WatchedPlaces board={board} />
      {board.cache && board.cache.versions > 0 && <Cache cache={board.cache} />}
    </div>
  );
}

const PRESET_ICON: Readonly<Record<ConnectionPreset, LucideIcon>> = {
  aws: Cloud,
  minio: Server,
  r2: Boxes,
  ceph: Hexagon,
  garage: Database,
  other: Plug,
};

function PresetCards({ onPreset }: { readonly onPreset: (preset: ConnectionPreset) => void }) {
  return (
    <section aria-label={words.presets.title} className="@container flex flex-col gap-3">
      <div>
        <h2 className="text-md font-semibold">{words.presets.title}</h2>
        <p className="max-w-prose text-sm text-muted">{words.presets.text}</p>
      </div>
      <ul className="grid grid-cols-1 gap-3 @md:grid-cols-2 @3xl:grid-cols-3">
        {Presets.options.map((preset) => {
          const Icon = PRESET_ICON[preset];
          const { label } = CONNECTION_PRESETS[preset];
          return (
            <li key={preset}>
              <button
                type="button"
                aria-label={words.presets.open(label)}
                onClick={() => onPreset(preset)}
                className="flex h-full w-full items-center gap-3 rounded-lg border border-line bg-surface p-4 text-start shadow-raised transition-colors hover:border-line-strong hover:bg-hover"
              >
                <span className="flex size-9 shrink-0 items-center justify-center rounded-md bg-accent-soft text-accent">
                  <Icon aria-hidden size={18} strokeWidth={1.75} />
                </span>
                <span className="flex min-w-0 flex-col">
                  <span className="text-sm font-semibold">{label}</span>
                  <span className="text-xs text-muted">{words.presets.lines[preset]}</span>
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** How much of this computer's disk the copies of versions take. */
function Cache({ cache }: { readonly cache: NonNullable<SourcesBoard['cache']> }) {
  const { usedBytes, capBytes, versions, folder } = cache;
  const text = words.cache.text(plural(versions, 'version'), formatBytes(usedBytes), formatBytes(capBytes));
  return (
    <section aria-label={words.cache.title} className="flex min-w-0 flex-col gap-2">
      <h2 className="text-md font-semibold">{words.cache.title}</h2>
      <div className="flex flex-col gap-2 rounded-lg border border-line bg-surface px-4 py-3">
        <p className="flex flex-wrap items-baseline justify-between gap-x-4 text-sm">
          {text}
          <span className="truncate font-mono text-2xs text-faint" title={folder}>
            {folder}
          </span>
        </p>
        <ProgressBar
          label={words.cache.label}
          labelHidden
          tone="idle"
          fraction={wholeThousandths(usedBytes, capBytes)}
          valueText={text}
        />
        <p className="text-xs text-faint">{words.cache.help}</p>
      </div>
    </section>
  );
}
