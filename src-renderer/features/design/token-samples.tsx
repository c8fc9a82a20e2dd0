import { CircleAlert, CircleCheck, CirclePause, LoaderCircle, TriangleAlert } from 'lucide-react';
import { Badge, Chip } from '../../components/badge.tsx';
import { KeyHint, Keys } from '../../components/key-hint.tsx';
import { Samples } from './samples.tsx';

const SURFACES = ['bg-canvas', 'bg-surface', 'bg-raised', 'bg-sunken', 'bg-hover', 'bg-active', 'bg-track'] as const;
/** Faint text stands on these only: on the others it would be too faint. */
const FAINT_ON: ReadonlySet<string> = new Set(['bg-canvas', 'bg-surface', 'bg-raised', 'bg-sunken']);
const INKS = [
  'text-ink',
  'text-muted',
  'text-faint',
  'text-accent',
  'text-ok',
  'text-busy',
  'text-warn',
  'text-bad',
] as const;

/** Colours, type, and the words that are made of them. */
export function TokenSamples() {
  return (
    <Samples name="tokens" title="Colours and type">
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(7rem,1fr))] gap-2">
        {SURFACES.map((surface) => (
          <li key={surface} className={`rounded-md border border-line px-3 py-2 text-xs ${surface}`}>
            {surface.slice(3)}
            <span className="block text-muted">muted</span>
            {FAINT_ON.has(surface) && <span className="block text-faint">faint</span>}
          </li>
        ))}
      </ul>
      <p className="flex flex-wrap gap-x-4 gap-y-1 text-sm font-medium">
        {INKS.map((ink) => (
          <span key={ink} className={ink}>
            {ink.slice(5)}
          </span>
        ))}
      </p>
      <div className="flex flex-wrap items-baseline gap-x-5 gap-y-1">
        <span className="text-xl font-semibold tracking-tight">26 Slipway</span>
        <span className="text-lg font-semibold tracking-tight">19 Screen title</span>
        <span className="text-md font-semibold">15 Section</span>
        <span className="text-sm">13 Text, 1,284.50 ms</span>
        <span className="text-xs text-muted">12 Label</span>
        <span className="text-2xs text-faint">11 Small print</span>
        <span className="font-mono text-xs">12 /home/ada/models/resnet50</span>
      </div>
      <div className="flex flex-wrap items-center gap-2">
        <Badge tone="ok" icon={CircleCheck}>
          Available
        </Badge>
        <Badge tone="busy" icon={LoaderCircle} isSpinning>
          Loading
        </Badge>
        <Badge tone="warn" icon={TriangleAlert}>
          Waiting
        </Badge>
        <Badge tone="bad" icon={CircleAlert}>
          Load failed
        </Badge>
        <Badge tone="idle" icon={CirclePause}>
          Unloaded
        </Badge>
        <Chip>float32 [batch, 3]</Chip>
        <Chip onRemove={() => undefined} removeLabel="Remove filter model: resnet50">
          model: resnet50
        </Chip>
        <KeyHint shortcut={{ key: 'k', mod: true }} />
        <Keys text="Shift+F10" />
        <Keys text="?" />
      </div>
    </Samples>
  );
}
