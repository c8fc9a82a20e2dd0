import { CirclePause, CirclePlay, ClipboardCopy, RefreshCcw, RefreshCw, RotateCw, Trash2, X } from 'lucide-react';
import type { ModelView } from '#contracts/ui.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { formatCount } from '../../format/quantity.ts';
import { useConnected } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import type { ModelActions } from './use-model-actions.ts';
import { retriable } from './use-model-actions.ts';
import type { VersionActions } from './use-version-actions.tsx';
import { versionsFor } from './version-action.ts';

const words = strings.models.bulk;
const BY_HAND = [
  { action: 'reload', icon: RefreshCcw },
  { action: 'unload', icon: CirclePause },
  { action: 'load', icon: CirclePlay },
] as const;

/** What can be done with all selected models at once. */
export function BulkBar({
  selected,
  shownCount,
  outOfView,
  actions,
  byHand,
  onSelectAll,
  onClear,
}: {
  readonly selected: readonly ModelView[];
  /** Models that the filter lets through. */
  readonly shownCount: number;
  /** How many of the selected the filter hides. */
  readonly outOfView: number;
  readonly actions: ModelActions;
  readonly byHand: VersionActions['start'];
  readonly onSelectAll: () => void;
  readonly onClear: () => void;
}) {
  const connected = useConnected();
  const canRetry = selected.some((model) => retriable(model).length > 0);
  return (
    <div
      role="toolbar"
      aria-label={words.label}
      className="flex animate-enter flex-wrap items-center gap-x-2 gap-y-1.5 border-t border-line bg-raised px-4 py-2"
    >
      <p role="status" className="me-2 text-sm font-semibold">
        {words.count(formatCount(selected.length))}
        {outOfView > 0 && <span className="font-normal text-muted">, {words.hidden(formatCount(outOfView))}</span>}
      </p>
      <Button size="sm" icon={RefreshCw} disabled={!connected} onClick={() => actions.pollNow(selected)}>
        {words.poll}
      </Button>
      <Button size="sm" icon={RotateCw} disabled={!connected || !canRetry} onClick={() => actions.retry(selected)}>
        {words.retry}
      </Button>
      {BY_HAND.filter(
        ({ action }) => action !== 'load' || selected.some((model) => versionsFor(action, model).length > 0),
      ).map(({ action, icon }) => (
        <Button
          key={action}
          size="sm"
          icon={icon}
          disabled={!connected || !selected.some((model) => versionsFor(action, model).length > 0)}
          onClick={() => byHand(action, selected)}
        >
          {words[action]}
        </Button>
      ))}
      <Button size="sm" icon={ClipboardCopy} onClick={() => actions.copyNames(selected)}>
        {words.names}
      </Button>
      <Button
        size="sm"
        icon={Trash2}
        disabled={!connected}
        onClick={() => {
          actions.remove(selected);
          onClear();
        }}
      >
        {words.remove}
      </Button>
      <span className="flex-1" />
      {selected.length - outOfView < shownCount && (
        <Button size="sm" variant="ghost" onClick={onSelectAll}>
          {words.all(formatCount(shownCount))}
        </Button>
      )}
      <IconButton icon={X} label={words.clear} onClick={onClear} />
    </div>
  );
}
