import { Gauge } from 'lucide-react';
import type { RecordingSettings } from '#contracts/ui-traffic.ts';
import { Button } from '../../components/button.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Select } from '../../components/select.tsx';
import { Switch } from '../../components/switch.tsx';
import { useServer } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { RecordingButton } from './recording-button.tsx';
import { OUTCOMES, type OutcomeChoice, type TrafficView, WINDOWS } from './use-traffic-view.ts';

const text = strings.traffic;

/** What is shown of the traffic, and what can be done about it. */
export function TrafficToolbar({
  view,
  setView,
  follow,
  onFollow,
  settings,
  onSettings,
  onLoadTest,
}: {
  readonly view: TrafficView;
  readonly setView: (change: Partial<TrafficView>) => void;
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
  /** Undefined until the server has told them. */
  readonly settings: RecordingSettings | undefined;
  readonly onSettings: (settings: RecordingSettings) => void;
  readonly onLoadTest: () => void;
}) {
  const served = useServer((state) => state.names);
  // What the address asks for is offered though it is not served any more.
  const names = view.model === undefined || served.includes(view.model) ? served : [view.model, ...served];
  return (
    <header className="flex flex-wrap items-center gap-x-3 gap-y-2 px-5 pt-4 pb-3">
      <h1 className="text-lg font-semibold tracking-tight">{text.title}</h1>
      <div className="flex max-w-xs min-w-52 flex-1">
        <SearchField
          label={text.search}
          placeholder={text.searchPlaceholder}
          text={view.q}
          onChange={(q) => setView({ q })}
        />
      </div>
      <Select
        label={text.model}
        labelHidden
        selected={view.model ?? ''}
        onSelect={(model) => setView({ model: model === '' ? undefined : model })}
        options={[{ key: '', label: text.anyModel }, ...names.map((key) => ({ key, label: key }))]}
      />
      <Select<OutcomeChoice>
        label={text.outcome}
        labelHidden
        selected={view.outcome}
        onSelect={(outcome) => setView({ outcome })}
        options={OUTCOMES.map((key) => ({ key, label: text.outcomes[key] }))}
      />
      <Segmented
        label={text.window}
        selected={view.window}
        onSelect={(window) => setView({ window })}
        segments={WINDOWS.map((key) => ({ key, label: text.windows[key] }))}
      />
      <span className="flex-1" />
      <Switch label={text.follow} isOn={follow} onChange={onFollow} />
      {settings && <RecordingButton settings={settings} onChange={onSettings} />}
      <Button icon={Gauge} onClick={onLoadTest}>
        {text.loadTest}
      </Button>
    </header>
  );
}
