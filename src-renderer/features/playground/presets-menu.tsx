import { Bookmark, ChevronDown, Save, Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { ServableName } from '#contracts/ids.ts';
import type { PresetRow } from '#contracts/ui-play.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { PopoverButton } from '../../components/popover.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';

const words = strings.playground.presets;

/** Requests that were kept by name: chosen, removed, or this one added. */
export function PresetsMenu({
  model,
  onOpen,
  onSave,
}: {
  readonly model: ServableName;
  readonly onOpen: (body: string) => void;
  readonly onSave: () => void;
}) {
  return (
    <PopoverButton
      label={words.button}
      size="sm"
      variant="ghost"
      renderContent={(close) => (
        <PresetList
          model={model}
          onOpen={(body) => {
            close();
            onOpen(body);
          }}
          onSave={() => {
            close();
            onSave();
          }}
        />
      )}
    >
      <Bookmark aria-hidden size={13} />
      {words.button}
      <ChevronDown aria-hidden size={12} />
    </PopoverButton>
  );
}

type Listing =
  | { readonly phase: 'loading' }
  | { readonly phase: 'failed'; readonly message: string }
  | { readonly phase: 'ready'; readonly presets: readonly PresetRow[] };

function PresetList({
  model,
  onOpen,
  onSave,
}: {
  readonly model: ServableName;
  readonly onOpen: (body: string) => void;
  readonly onSave: () => void;
}) {
  const { commands, toasts } = useServices();
  const connected = useConnected();
  const [listing, setListing] = useState<Listing>({ phase: 'loading' });
  const [generation, setGeneration] = useState(0);
  useEffect(() => {
    const leaving = new AbortController();
    const look = async (): Promise<void> => {
      try {
        const { presets } = await commands.run('listPresets', { model }, leaving.signal);
        setListing({ phase: 'ready', presets });
      } catch (error) {
        if (!leaving.signal.aborted) setListing({ phase: 'failed', message: errorText(error) });
      }
    };
    void look();
    return () => leaving.abort();
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- a new generation asks again
  }, [commands, model, generation]);

  const attempt = async (act: () => Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      toasts.getState().show({ tone: 'bad', message: errorText(error) });
    }
  };
  const open = async ({ place, name }: PresetRow): Promise<void> =>
    attempt(async () => onOpen((await commands.run('readPreset', { model, place, name })).body));
  const remove = async ({ place, name }: PresetRow): Promise<void> =>
    attempt(async () => {
      await commands.run('deletePreset', { model, place, name });
      toasts.getState().show({ tone: 'neutral', message: words.removed(name) });
      setGeneration(generation + 1);
    });

  return (
    <div className="flex w-72 flex-col gap-1 p-1.5">
      {listing.phase === 'loading' && <Skeleton rows={3} label={words.loading} />}
      {listing.phase === 'failed' && (
        <div className="flex flex-col gap-2 p-2 text-xs">
          <p className="text-bad">{listing.message}</p>
          <span>
            <Button size="sm" onClick={() => setGeneration(generation + 1)}>
              {words.tryAgain}
            </Button>
          </span>
        </div>
      )}
      {listing.phase === 'ready' && listing.presets.length === 0 && (
        <p className="px-2 py-1.5 text-xs text-muted">{words.empty}</p>
      )}
      {listing.phase === 'ready' &&
        (['model', 'private'] as const).map((place) => {
          const rows = listing.presets.filter((preset) => preset.place === place);
          if (rows.length === 0) return null;
          const title = place === 'model' ? words.fromModel : words.private;
          return (
            <section key={place} aria-label={title}>
              <h3 className="px-2 py-1 text-2xs font-medium text-faint">{title}</h3>
              <ul className="max-h-64 overflow-y-auto">
                {rows.map((preset) => (
                  <li key={preset.name} className="flex items-center rounded-md hover:bg-hover">
                    <button
                      type="button"
                      onClick={() => void open(preset)}
                      className="min-w-0 flex-1 truncate rounded-md px-2 py-1 text-start text-sm"
                    >
                      {preset.name}
                    </button>
                    {place === 'private' && (
                      <IconButton icon={Trash2} label={words.remove(preset.name)} onClick={() => void remove(preset)} />
                    )}
                  </li>
                ))}
              </ul>
            </section>
          );
        })}
      <div className="border-t border-line pt-1.5">
        <Button size="sm" variant="ghost" icon={Save} disabled={!connected} onClick={onSave}>
          {words.save}
        </Button>
      </div>
    </div>
  );
}
