import { Download, Upload } from 'lucide-react';
import { useState } from 'react';
import type { ServerSettings } from '#contracts/ui-settings.ts';
import { Button } from '../../components/button.tsx';
import { useChooseFile } from '../../choose-file.ts';
import { saveFile } from '../../save-file.ts';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import type { Appearance } from '../../theme/appearance.ts';
import { differences, MAX_PREFERENCES_LENGTH, preferencesText, readPreferences } from './preferences-file.ts';
import { factRow } from './server-rows.tsx';
import type { SettingRow } from './setting-row.tsx';

const words = strings.settings;
const { config, exportPreferences, importPreferences } = words.advanced;

/** Files of settings in and out, and where the server keeps its own. */
export function advancedRows(settings: ServerSettings | undefined): readonly SettingRow[] {
  const { groups } = words;
  const folder = settings && factRow(settings, 'dataDirectory', groups.data);
  return [
    {
      id: 'exportConfig',
      group: groups.configuration,
      name: config.name,
      text: config.text,
      words: config.words,
      control: <ExportConfig />,
    },
    {
      id: 'exportPreferences',
      group: groups.preferences,
      name: exportPreferences.name,
      text: exportPreferences.text,
      words: exportPreferences.words,
      control: <ExportPreferences />,
    },
    {
      id: 'importPreferences',
      group: groups.preferences,
      name: importPreferences.name,
      text: importPreferences.text,
      words: importPreferences.words,
      applies: 'live',
      control: <ImportPreferences />,
    },
    // The same is said under Privacy; each row is known by its own id.
    ...(folder ? [{ ...folder, id: 'dataFolder' }] : []),
  ];
}

function ExportConfig() {
  const { commands, toasts } = useServices();
  const connected = useConnected();
  const run = async (): Promise<void> => {
    try {
      const { text } = await commands.run('exportConfig', {});
      saveFile('models.config', text, 'text/plain');
    } catch (error) {
      toasts.getState().show({ tone: 'bad', message: config.failed(errorText(error)) });
    }
  };
  return (
    <Button size="sm" icon={Download} aria-label={config.label} disabled={!connected} onClick={() => void run()}>
      {config.action}
    </Button>
  );
}

function ExportPreferences() {
  const { appearance } = useServices();
  return (
    <Button
      size="sm"
      icon={Download}
      aria-label={exportPreferences.label}
      onClick={() => saveFile('slipway-preferences.json', preferencesText(appearance.getState()), 'application/json')}
    >
      {exportPreferences.action}
    </Button>
  );
}

function ImportPreferences() {
  const { appearance, toasts } = useServices();
  const [problem, setProblem] = useState<string>();

  const take = async (file: File): Promise<void> => {
    // Not even read: a file of this size was chosen by mistake.
    const text = file.size > 4 * MAX_PREFERENCES_LENGTH ? undefined : await file.text();
    const { choose, ...before } = appearance.getState();
    const read = text === undefined ? { problem: importPreferences.tooLarge } : readPreferences(text, before);
    if ('problem' in read) {
      setProblem(read.problem);
      return;
    }
    setProblem(undefined);
    const count = differences(before, read.appearance);
    choose(read.appearance);
    tell(count, before);
  };
  const tell = (count: number, before: Appearance): void =>
    toasts.getState().show({
      tone: 'neutral',
      message: count === 0 ? importPreferences.same : importPreferences.done(String(count), count === 1),
      ...(count > 0 && {
        action: { label: importPreferences.undo, run: () => appearance.getState().choose(before) },
      }),
    });

  const choose = useChooseFile((file) => {
    void take(file).catch((error: unknown) => setProblem(errorText(error)));
  }, '.json,application/json');

  return (
    <div className="flex flex-col items-end gap-1">
      <Button size="sm" icon={Upload} aria-label={importPreferences.label} onClick={choose}>
        {importPreferences.action}
      </Button>
      {problem !== undefined && (
        <p role="alert" className="max-w-64 text-end text-xs text-bad">
          {problem}
        </p>
      )}
    </div>
  );
}
