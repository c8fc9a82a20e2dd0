import { useEffect, useMemo, useState } from 'react';
import type { ServableName } from '#contracts/ids.ts';
import type { PresetPlace, PresetRow } from '#contracts/ui-play.ts';
import { PLAY_LIMITS, PresetName } from '#contracts/ui-play.ts';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Field } from '../../components/field.tsx';
import { Select } from '../../components/select.tsx';
import { formatBytes } from '../../format/quantity.ts';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';

const words = strings.playground.presets;

/** Keeps the request under a name, privately or in the folder of the model. */
export function SavePresetDialog({
  model,
  body,
  onClose,
}: {
  readonly model: ServableName;
  readonly body: string;
  readonly onClose: () => void;
}) {
  const { commands, toasts } = useServices();
  const connected = useConnected();
  const [name, setName] = useState('');
  const [place, setPlace] = useState<PresetPlace>('private');
  const [known, setKnown] = useState<{ readonly presets: readonly PresetRow[]; readonly canWriteToModel: boolean }>();
  const [problem, setProblem] = useState<string | undefined>();
  useEffect(() => {
    const leaving = new AbortController();
    commands.run('listPresets', { model }, leaving.signal).then(
      (listing) => setKnown(listing),
      (error: unknown) => {
        if (!leaving.signal.aborted) setProblem(errorText(error));
      },
    );
    return () => leaving.abort();
  }, [commands, model]);

  const parsed = PresetName.safeParse(name.trim());
  const isTooLong = useMemo(() => new Blob([body]).size > PLAY_LIMITS.maxBodyBytes, [body]);
  const isTaken = known?.presets.some((preset) => preset.place === place && preset.name === name.trim()) ?? false;
  const nameError = name === '' || parsed.success ? undefined : parsed.error.issues[0]?.message;
  const save = async (): Promise<void> => {
    if (!parsed.success) return;
    try {
      await commands.run('savePreset', { model, place, name: parsed.data, body });
      toasts.getState().show({ tone: 'neutral', message: words.saved(parsed.data) });
      onClose();
    } catch (error) {
      setProblem(errorText(error));
    }
  };
  return (
    <Dialog
      title={words.saveTitle}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button variant="primary" disabled={!connected || !parsed.success || isTooLong} onClick={() => void save()}>
            {isTaken ? words.replace : words.confirm}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-3 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field
          label={words.name}
          autoFocus
          value={name}
          error={nameError}
          hint={isTaken ? words.taken : undefined}
          onChange={(event) => setName(event.target.value)}
        />
        <Select
          label={words.where}
          options={[
            { key: 'private', label: words.privately },
            {
              key: 'model',
              label: words.beside,
              note: known?.canWriteToModel === false ? words.besideReadOnly : words.besideNote,
              disabled: known?.canWriteToModel !== true,
            },
          ]}
          selected={place}
          onSelect={setPlace}
        />
        {isTooLong && <p className="text-xs text-bad">{words.tooLong(formatBytes(PLAY_LIMITS.maxBodyBytes))}</p>}
        {problem !== undefined && (
          <p role="alert" className="text-xs text-bad">
            {problem}
          </p>
        )}
      </form>
    </Dialog>
  );
}
