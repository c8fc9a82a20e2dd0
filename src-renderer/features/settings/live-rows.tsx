import { Undo2 } from 'lucide-react';
import { useState } from 'react';
import { LogLevel } from '#contracts/ui-logs.ts';
import { Button } from '../../components/button.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import type { SettingRow } from './setting-row.tsx';
import { useAnswer } from './use-answer.ts';

const { logLevel, samples } = strings.settings;

/** How much the server logs. */
export function useLogLevelRow(key: string | undefined): readonly SettingRow[] {
  const { commands } = useServices();
  const [failed, setFailed] = useState<string>();
  const { value, problem, set, ask } = useAnswer((signal) => commands.run('logLevel', {}, signal), key);
  const choose = (level: LogLevel): void => {
    setFailed(undefined);
    commands.run('setLogLevel', { level }).then(set, (error: unknown) => {
      setFailed(strings.settings.row.notSaved(errorText(error)));
      ask();
    });
  };
  if (!value) return [];
  return [
    {
      id: 'logLevel',
      group: strings.settings.groups.running,
      name: logLevel.name,
      text: logLevel.text,
      words: logLevel.words,
      applies: 'live',
      flag: 'log_level',
      problem: failed ?? problem,
      control: (
        <Segmented
          label={logLevel.name}
          segments={LogLevel.options.map((level) => ({ key: level, label: logLevel.levels[level] }))}
          selected={value.level}
          onSelect={choose}
        />
      ),
    },
  ];
}

/** The way back for samples that were removed. */
export function useSamplesRow(key: string | undefined): readonly SettingRow[] {
  const { commands, toasts } = useServices();
  const connected = useConnected();
  // Whenever samples come or go there are others to bring back.
  const shown = useServer((state) => Object.values(state.models).filter(({ origin }) => origin === 'sample').length);
  const { value, problem, ask } = useAnswer(
    (signal) => commands.run('removedSamples', {}, signal),
    key && `${key} ${shown}`,
  );
  const restore = (): void => {
    commands.run('restoreSamples', {}).then(
      ({ names }) => {
        toasts.getState().show({ tone: 'neutral', message: samples.done(names.join(', ')) });
        ask();
      },
      (error: unknown) => toasts.getState().show({ tone: 'bad', message: samples.failed(errorText(error)) }),
    );
  };
  const names = value?.names ?? [];
  return [
    {
      id: 'restoreSamples',
      group: strings.settings.groups.samples,
      name: samples.name,
      text: names.length === 0 ? samples.none : samples.text(names.join(', ')),
      words: samples.words,
      applies: 'live',
      problem,
      control: (
        <Button size="sm" icon={Undo2} disabled={!connected || names.length === 0} onClick={restore}>
          {samples.action}
        </Button>
      ),
    },
  ];
}
