import { FolderPlus, Play, RefreshCw, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton } from '../../components/button.tsx';
import { Field } from '../../components/field.tsx';
import { NumberField } from '../../components/number-field.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Select } from '../../components/select.tsx';
import { Checkbox, Switch } from '../../components/switch.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { Tooltip } from '../../components/tooltip.tsx';
import { Sample, Samples } from './samples.tsx';

const REGIONS = [
  { key: 'auto', label: 'Automatic', note: 'Asked from the store at the first connection.' },
  { key: 'eu', label: 'eu-central-1' },
  { key: 'us', label: 'us-east-1' },
  { key: 'gov', label: 'us-gov-west-1', disabled: true },
] as const;

/** Everything that is pressed, typed in or chosen from. */
export function ControlSamples() {
  return (
    <Samples name="controls" title="Controls">
      <div className="flex flex-wrap items-center gap-2">
        <Button variant="primary" icon={FolderPlus}>
          Primary
        </Button>
        <Button icon={RefreshCw}>Secondary</Button>
        <Button variant="ghost">Ghost</Button>
        <Button variant="danger" icon={Trash2}>
          Danger
        </Button>
        <Button size="sm">Small</Button>
        <Button variant="primary" disabled>
          Primary, off
        </Button>
        <Button disabled>Off</Button>
        <Button variant="danger" disabled>
          Danger, off
        </Button>
        <IconButton icon={Play} label="Icon button" />
        <IconButton icon={Play} label="Icon button, pressed" aria-pressed />
        <IconButton icon={Play} label="Icon button, off" disabled />
        <Tooltip text="Said after a moment under the pointer, at once by keyboard.">
          <button type="button" className="rounded-sm text-sm text-accent underline underline-offset-2">
            With a tooltip
          </button>
        </Tooltip>
      </div>
      <Fields />
      <Choices />
      <Tabs
        label="Parts of a model"
        current="versions"
        tabs={[
          { key: 'overview', label: 'Overview', href: '/design?tab=overview' },
          { key: 'versions', label: 'Versions', href: '/design', badge: <span className="text-xs text-faint">3</span> },
          { key: 'play', label: 'Playground', href: '/design?tab=play', icon: Play },
        ]}
      />
    </Samples>
  );
}

function Fields() {
  const [text, setText] = useState('churn');
  const [filter, setFilter] = useState('state:error');
  const [port, setPort] = useState<number | undefined>(8501);
  const [wait, setWait] = useState<number | undefined>(1500);
  const [region, setRegion] = useState<(typeof REGIONS)[number]['key']>('auto');
  return (
    <div className="grid grid-cols-[repeat(auto-fill,minmax(14rem,1fr))] items-start gap-x-4 gap-y-3">
      <Field label="Name" value={text} onChange={(event) => setText(event.target.value)} hint="As clients call it." />
      <Field label="Folder" placeholder="/models/resnet" mono />
      <Field label="Endpoint" value="http:/minio" readOnly mono error="This is no URL: http:// is cut short." />
      <Field label="Off" value="cannot be changed" readOnly disabled />
      <NumberField label="REST port" value={port} onChange={setPort} min={1} max={65_535} isGrouped={false} />
      <NumberField
        label="Poll every"
        value={wait}
        onChange={setWait}
        min={100}
        step={100}
        unit="ms"
        hint="Default 1,000."
      />
      <NumberField
        label="gRPC port"
        value={8500}
        onChange={() => undefined}
        isGrouped={false}
        error="8500 is used by python."
      />
      <NumberField label="Threads" value={undefined} onChange={() => undefined} disabled />
      <Select label="Region" options={REGIONS} selected={region} onSelect={setRegion} hint="Where the bucket lives." />
      <Select
        label="Connection"
        options={REGIONS}
        selected={undefined}
        onSelect={() => undefined}
        placeholder="Choose one"
      />
      <Select
        label="Credentials"
        options={REGIONS}
        selected="eu"
        onSelect={() => undefined}
        error="There is no profile of this name."
      />
      <Select label="Provider" options={REGIONS} selected="us" onSelect={() => undefined} disabled />
      <Sample label="SearchField">
        <SearchField label="Filter samples" text={filter} onChange={setFilter} />
      </Sample>
      <Sample label="SearchField, empty">
        <SearchField label="Filter nothing" text="" onChange={() => undefined} placeholder="Filter by name" />
      </Sample>
      <Sample label="SearchField, wrong">
        <SearchField
          label="Filter wrongly"
          text="state:maybe"
          onChange={() => undefined}
          problem="no such state"
          isMain={false}
        />
      </Sample>
    </div>
  );
}

function Choices() {
  const [on, setOn] = useState(true);
  const [checked, setChecked] = useState(true);
  const [view, setView] = useState<'form' | 'json' | 'headers'>('form');
  return (
    <div className="grid grid-cols-[repeat(auto-fill,minmax(14rem,1fr))] items-start gap-x-4 gap-y-3">
      <Switch label="Start at login" isOn={on} onChange={setOn} hint="Slipway opens when you sign in." />
      <Switch label="Off" isOn={false} onChange={() => undefined} />
      <Switch label="On, cannot be changed" isOn disabled onChange={() => undefined} />
      <Switch label="Off, cannot be changed" isOn={false} disabled onChange={() => undefined} />
      <Checkbox label="resnet50" isOn={checked} onChange={setChecked} hint="3 versions, 293 MB" />
      <Checkbox label="Not taken" isOn={false} onChange={() => undefined} />
      <Checkbox label="Some of them" isOn={false} isPartly onChange={() => undefined} />
      <Checkbox label="Taken, cannot be changed" isOn disabled onChange={() => undefined} />
      <Segmented
        label="View"
        selected={view}
        onSelect={setView}
        segments={[
          { key: 'form', label: 'Form' },
          { key: 'json', label: 'JSON' },
          { key: 'headers', label: 'Headers' },
        ]}
      />
    </div>
  );
}
