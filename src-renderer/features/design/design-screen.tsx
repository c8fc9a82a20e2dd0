/**
 * The component page: every shared component in every state. It has an address (`#/design`) and no link: for whoever
 * builds a screen, and for the tests that photograph and check it. Its words are samples, so they stand here and not in the
 * catalogue.
 *
 * | component | use |
 * | --- | --- |
 * | `Button`, `IconButton` | `<Button variant="primary" icon={Plus} onClick={…}>Add folder</Button>`; an icon alone needs `label` |
 * | `Field` | text box: `<Field label hint error value onChange />`; `mono` for paths |
 * | `NumberField` | `<NumberField label value min max unit onChange />`; `isGrouped={false}` for a port |
 * | `Select` | `<Select label options={[{ key, label, note }]} selected onSelect />` |
 * | `Segmented` | the same for up to four short choices |
 * | `Switch`, `Checkbox` | `<Switch label isOn onChange hint />`: at once; `Checkbox`: with its form |
 * | `SearchField` | the filter of a screen: `<SearchField label text onChange problem />`; `/` focuses it |
 * | `Tabs` | `<Tabs label tabs={[{ key, label, href }]} current />`: links, each with a route |
 * | `Badge`, `Chip` | `<Badge tone="ok" icon={CircleCheck}>Available</Badge>`; `<Chip onRemove removeLabel>` |
 * | `Keys`, `KeyHint` | `<KeyHint shortcut={APP_COMMANDS.palette.shortcut} />` |
 * | `Notice`, `Banner`, `EmptyState` | a message in place, across the screen, or instead of it |
 * | `ProgressBar`, `StageList`, `Skeleton` | how far; which step; what comes |
 * | `Dialog`, `ConfirmDialog`, `Sheet`, `PopoverButton`, `ActionMenu`, `Tooltip` | layers; all give the focus back |
 * | `VirtualList`, `DataTable` | lists of any length: `items`, `keyOf`, `onOpen`, `letters`, `follow` |
 * | `Chart`, `Sparkline` | `<Chart label timesMs series fromMs toMs format />`; loads uPlot, so only from lazy screens |
 * | `CodeEditor` | `<CodeEditor label text onChange language="json" />`; read-only without `onChange` |
 * | `CopyButton`, `Ago`, `Countdown`, `ScrollArea` | small helps |
 */
import { useState } from 'react';
import { Segmented } from '../../components/segmented.tsx';
import { useAppearance } from '../../stores/services.tsx';
import { ControlSamples } from './control-samples.tsx';
import { DataSamples } from './data-samples.tsx';
import { FeedbackSamples } from './feedback-samples.tsx';
import { LayerSamples } from './layer-samples.tsx';
import { TokenSamples } from './token-samples.tsx';

export function DesignScreen() {
  return (
    <div className="h-full overflow-y-auto">
      <header className="sticky top-0 z-20 flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line bg-canvas px-5 py-3">
        <h1 className="text-lg font-semibold tracking-tight">Components</h1>
        <span className="flex-1" />
        <Looks />
      </header>
      <div className="flex flex-col gap-8 px-5 py-5">
        <TokenSamples />
        <ControlSamples />
        <FeedbackSamples />
        <DataSamples />
        <LayerSamples />
      </div>
    </div>
  );
}

function Looks() {
  const { theme, contrast, density, motion, choose } = useAppearance((state) => state);
  const [direction, setDirection] = useState<'ltr' | 'rtl'>(document.documentElement.dir === 'rtl' ? 'rtl' : 'ltr');
  return (
    <div className="flex flex-wrap gap-2">
      <Segmented
        label="Theme"
        selected={theme}
        onSelect={(next) => choose({ theme: next })}
        segments={[
          { key: 'system', label: 'System' },
          { key: 'light', label: 'Light' },
          { key: 'dark', label: 'Dark' },
        ]}
      />
      <Segmented
        label="Contrast"
        selected={contrast}
        onSelect={(next) => choose({ contrast: next })}
        segments={[
          { key: 'system', label: 'Contrast: system' },
          { key: 'more', label: 'More' },
        ]}
      />
      <Segmented
        label="Density"
        selected={density}
        onSelect={(next) => choose({ density: next })}
        segments={[
          { key: 'comfortable', label: 'Comfortable' },
          { key: 'compact', label: 'Compact' },
        ]}
      />
      <Segmented
        label="Motion"
        selected={motion}
        onSelect={(next) => choose({ motion: next })}
        segments={[
          { key: 'system', label: 'Motion: system' },
          { key: 'reduced', label: 'Reduced' },
        ]}
      />
      <Segmented
        label="Direction"
        selected={direction}
        onSelect={(next) => {
          document.documentElement.dir = next;
          setDirection(next);
        }}
        segments={[
          { key: 'ltr', label: 'LTR' },
          { key: 'rtl', label: 'RTL' },
        ]}
      />
    </div>
  );
}
