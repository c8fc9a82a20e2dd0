import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { ServerSettingId, ServerSettings, SettingValue } from '#contracts/ui-settings.ts';
import type { RecordingSettings } from '#contracts/ui-traffic.ts';
import { Button } from '../../components/button.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { Select } from '../../components/select.tsx';
import { Switch } from '../../components/switch.tsx';
import { limitText } from '../../format/quantity.ts';
import { errorText } from '../../stores/commands.ts';
import type { Services } from '../../stores/services.tsx';
import { useConnected, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { BODY_CAPS } from '../traffic/body-caps.ts';
import { Fact, factOf, factRow } from './server-rows.tsx';
import type { SettingRow } from './setting-row.tsx';
import type { SettingSection } from './setting-section.ts';
import { shareText, valueText } from './setting-value.ts';
import { RetryNotice } from './retry-notice.tsx';
import { useAnswer } from './use-answer.ts';

const words = strings.settings;
const SHARES = [1, 0.5, 0.1, 0.01];

/** What is kept of calls and where, and how to be rid of it. */
export function usePrivacy(
  settings: ServerSettings | undefined,
  key: string | undefined,
): Pick<SettingSection, 'note' | 'rows'> {
  const { commands } = useServices();
  const connected = useConnected();
  const [failed, setFailed] = useState<{ readonly id: string; readonly message: string }>();
  const { value, problem, ask, set } = useAnswer(async (signal) => {
    const page = await commands.run('listRequests', { limit: 1 }, signal);
    return page.settings;
  }, key);

  const change = async (id: string, wanted: RecordingSettings): Promise<void> => {
    setFailed(undefined);
    set(wanted);
    try {
      set(await commands.run('setRecording', wanted));
    } catch (error) {
      setFailed({ id, message: words.row.notSaved(errorText(error)) });
      ask();
    }
  };
  const recording =
    value &&
    recordingRows(value, connected, (id, wanted) => void change(id, wanted)).map((row) => ({
      ...row,
      ...(settings && startOf(settings, row.id, value)),
      problem: failed?.id === row.id ? failed.message : undefined,
    }));
  const file = settings && factRow(settings, 'recordFile', words.groups.recording);
  const folder = settings && factRow(settings, 'dataDirectory', words.groups.where);
  return {
    note:
      problem === undefined ? (
        <p className="px-1 text-xs text-muted">{words.privacy.untilStop}</p>
      ) : (
        <RetryNotice title={words.failed} message={problem} onRetry={ask} />
      ),
    rows: [...(recording ?? []), ...(file ? [file] : []), ...WIPES, ...(folder ? [folder] : []), ...STATEMENTS],
  };
}

/** The setting that a row starts from, and what the row has now. */
const START_OF: Readonly<
  Record<string, { readonly id: ServerSettingId; readonly now: (recording: RecordingSettings) => SettingValue }>
> = {
  record: { id: 'recordRequests', now: ({ enabled }) => ({ kind: 'toggle', isOn: enabled }) },
  bodies: { id: 'recordBodies', now: ({ bodies }) => ({ kind: 'toggle', isOn: bodies }) },
  cap: { id: 'recordBodyBytes', now: ({ maxBodyBytes }) => ({ kind: 'bytes', bytes: maxBodyBytes }) },
  share: { id: 'recordShare', now: ({ sampleRate }) => ({ kind: 'share', share: sampleRate }) },
};

/** How the server starts, beside what can be changed until it stops. */
function startOf(
  settings: ServerSettings,
  id: string,
  recording: RecordingSettings,
): Pick<SettingRow, 'flag' | 'fallback' | 'isChanged'> {
  const start = START_OF[id];
  const found = start && factOf(settings, start.id);
  if (!found) return {};
  const fallback = valueText(start.id, found.fallback);
  return { flag: found.flag, fallback, isChanged: valueText(start.id, start.now(recording)) !== fallback };
}

function recordingRows(
  recording: RecordingSettings,
  connected: boolean,
  change: (id: string, wanted: RecordingSettings) => void,
): readonly SettingRow[] {
  const { enabled, bodies, maxBodyBytes, sampleRate } = recording;
  const { record, bodies: body, cap, share } = words.privacy;
  const common = { group: words.groups.recording, applies: 'live' } as const;
  return [
    {
      ...common,
      id: 'record',
      ...record,
      control: (
        <Switch
          label={record.name}
          labelHidden
          isOn={enabled}
          disabled={!connected}
          onChange={(isOn) => change('record', { ...recording, enabled: isOn })}
        />
      ),
    },
    {
      ...common,
      id: 'share',
      ...share,
      control: (
        <Choice
          label={share.name}
          value={sampleRate}
          choices={SHARES}
          format={shareText}
          disabled={!connected || !enabled}
          onChoose={(rate) => change('share', { ...recording, sampleRate: rate })}
        />
      ),
    },
    {
      ...common,
      id: 'bodies',
      ...body,
      control: (
        <Switch
          label={body.name}
          labelHidden
          isOn={bodies}
          disabled={!connected || !enabled}
          onChange={(isOn) => change('bodies', { ...recording, bodies: isOn })}
        />
      ),
    },
    {
      ...common,
      id: 'cap',
      ...cap,
      control: (
        <Choice
          label={cap.name}
          value={maxBodyBytes}
          choices={BODY_CAPS}
          format={limitText}
          disabled={!connected || !enabled || !bodies}
          onChoose={(bytes) => change('cap', { ...recording, maxBodyBytes: bytes })}
        />
      ),
    },
  ];
}

/** One number of a few, and the one that holds if it is none of them. */
function Choice({
  label,
  value,
  choices,
  format,
  disabled,
  onChoose,
}: {
  readonly label: string;
  readonly value: number;
  readonly choices: readonly number[];
  readonly format: (value: number) => string;
  readonly disabled: boolean;
  readonly onChoose: (value: number) => void;
}) {
  const all = choices.includes(value) ? choices : [...choices, value].toSorted((a, b) => a - b);
  return (
    <div className="w-36">
      <Select
        label={label}
        labelHidden
        options={all.map((choice) => ({ key: String(choice), label: format(choice) }))}
        selected={String(value)}
        disabled={disabled}
        onSelect={(key) => onChoose(Number(key))}
      />
    </div>
  );
}

const { wipe, wipePlay } = words.privacy;
const WIPES: readonly SettingRow[] = [
  {
    id: 'wipeCalls',
    group: words.groups.wipe,
    name: wipe.name,
    text: wipe.text,
    words: wipe.words,
    control: <WipeButton texts={wipe} onWipe={({ commands }) => commands.run('clearRequests', {})} />,
  },
  {
    id: 'wipePlay',
    group: words.groups.wipe,
    name: wipePlay.name,
    text: wipePlay.text,
    words: wipePlay.words,
    control: <WipeButton texts={wipePlay} onWipe={wipePlayHistory} />,
  },
];

interface WipeTexts {
  readonly action: string;
  readonly title: string;
  readonly confirm: string;
  readonly done: string;
  readonly failed: (reason: string) => string;
}

/** The server keeps one history for each model, and clears one at a time. */
async function wipePlayHistory({ commands, server }: Services): Promise<void> {
  const models = Object.values(server.getState().models);
  await Promise.all(models.map(({ name }) => commands.run('clearPlayHistory', { model: name })));
}

function WipeButton({
  texts,
  onWipe,
}: {
  readonly texts: WipeTexts;
  readonly onWipe: (services: Services) => Promise<unknown>;
}) {
  const services = useServices();
  const { toasts } = services;
  const connected = useConnected();
  const [asks, setAsks] = useState(false);
  const run = async (): Promise<void> => {
    try {
      await onWipe(services);
      toasts.getState().show({ tone: 'neutral', message: texts.done });
    } catch (error) {
      toasts.getState().show({ tone: 'bad', message: texts.failed(errorText(error)) });
    }
  };
  return (
    <>
      <Button size="sm" icon={Trash2} disabled={!connected} onClick={() => setAsks(true)}>
        {texts.action}
      </Button>
      {asks && (
        <ConfirmDialog
          title={texts.title}
          action={texts.action}
          onClose={() => setAsks(false)}
          onConfirm={() => void run()}
        >
          {texts.confirm}
        </ConfirmDialog>
      )}
    </>
  );
}

const STATEMENTS: readonly SettingRow[] = [
  statement('thisPage', words.privacy.thisPage),
  statement('telemetry', words.privacy.telemetry),
];

function statement(
  id: string,
  { name, text, value, words: more }: Readonly<Record<'name' | 'text' | 'value' | 'words', string>>,
): SettingRow {
  return { id, group: words.groups.where, name, text, words: more, control: <Fact text={value} /> };
}
