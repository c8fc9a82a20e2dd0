import { CircleDot, CircleOff } from 'lucide-react';
import type { RecordingSettings } from '#contracts/ui-traffic.ts';
import { PopoverButton } from '../../components/popover.tsx';
import { Select } from '../../components/select.tsx';
import { Switch } from '../../components/switch.tsx';
import { limitText } from '../../format/quantity.ts';
import { useConnected } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { BODY_CAPS } from './body-caps.ts';

const text = strings.traffic;

/** Says what is recorded, and changes it. */
export function RecordingButton({
  settings,
  onChange,
}: {
  readonly settings: RecordingSettings;
  readonly onChange: (settings: RecordingSettings) => void;
}) {
  const connected = useConnected();
  const { enabled, bodies, maxBodyBytes } = settings;
  const Icon = enabled ? CircleDot : CircleOff;
  const caps = BODY_CAPS.includes(maxBodyBytes) ? BODY_CAPS : [...BODY_CAPS, maxBodyBytes].toSorted((a, b) => a - b);
  const word = !enabled ? text.recordingOff : bodies ? text.bodiesOn(limitText(maxBodyBytes)) : text.bodiesOff;
  return (
    <PopoverButton
      label={text.recordingTitle}
      placement="bottom end"
      renderContent={() => (
        <div className="flex w-88 max-w-full flex-col gap-4 p-4">
          <h2 className="text-sm font-semibold">{text.recordingTitle}</h2>
          <Switch
            label={text.recordingEnabled}
            hint={text.recordingEnabledHint}
            isOn={enabled}
            disabled={!connected}
            onChange={(on) => onChange({ ...settings, enabled: on })}
          />
          <Switch
            label={text.recordingBodies}
            hint={text.recordingBodiesHint}
            isOn={bodies}
            disabled={!connected || !enabled}
            onChange={(on) => onChange({ ...settings, bodies: on })}
          />
          <Select
            label={text.cap}
            selected={String(maxBodyBytes)}
            disabled={!connected || !enabled || !bodies}
            options={caps.map((bytes) => ({ key: String(bytes), label: limitText(bytes) }))}
            onSelect={(bytes) => onChange({ ...settings, maxBodyBytes: Number(bytes) })}
          />
          <p className="text-xs text-muted">{text.redaction}</p>
        </div>
      )}
    >
      <Icon aria-hidden size={14} className={bodies && enabled ? 'text-warn' : 'text-muted'} />
      {word}
    </PopoverButton>
  );
}
