import { useState } from 'react';
import { Info } from 'lucide-react';
import type { DesktopChange, DesktopView } from '#contracts/shell.ts';
import { Notice } from '../../components/notice.tsx';
import { Switch } from '../../components/switch.tsx';
import { errorText } from '../../stores/commands.ts';
import { useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import type { SettingRow } from './setting-row.tsx';
import type { SettingSection } from './setting-section.ts';
import { RetryNotice } from './retry-notice.tsx';
import { useAnswer } from './use-answer.ts';

const words = strings.settings;

/** What the desktop app does beyond the page; in a browser, why there is nothing to choose. */
export function useDesktop(): Pick<SettingSection, 'note' | 'rows'> & { readonly isWaiting: boolean } {
  const { shell } = useServices();
  const { value, problem, ask, set } = useAnswer(
    () => shell?.desktop() ?? Promise.reject(new Error(words.startup.browserTitle)),
    shell && 'desktop',
  );
  const [failed, setFailed] = useState<{ readonly id: string; readonly message: string }>();
  if (!shell)
    return {
      rows: [],
      isWaiting: false,
      note: (
        <Notice tone="idle" icon={Info} title={words.startup.browserTitle}>
          {words.startup.browserText}
        </Notice>
      ),
    };
  const change = (id: string, wanted: DesktopChange): void => {
    setFailed(undefined);
    shell.changeDesktop(wanted).then(set, (error: unknown) => {
      setFailed({ id, message: words.row.notSaved(errorText(error)) });
      // A part of it may have been taken.
      ask();
    });
  };
  return {
    isWaiting: value === undefined && problem === undefined,
    rows: value ? desktopRows(value, change, failed) : [],
    note: problem !== undefined && <RetryNotice title={words.startup.failed} message={problem} onRetry={ask} />,
  };
}

function desktopRows(
  view: DesktopView,
  change: (id: string, wanted: DesktopChange) => void,
  failed: { readonly id: string; readonly message: string } | undefined,
): readonly SettingRow[] {
  const { startup, groups } = words;
  const row = (
    id: string,
    group: string,
    texts: { readonly name: string; readonly text: string; readonly words?: string },
    state: { readonly isOn: boolean; readonly fallback: boolean; readonly obstacle?: string | undefined },
    wanted: (isOn: boolean) => DesktopChange,
  ): SettingRow => ({
    id,
    group,
    name: texts.name,
    text: [texts.text, state.obstacle].filter(Boolean).join(' '),
    words: texts.words ?? startup.notificationWords,
    applies: 'live',
    fallback: state.fallback ? words.row.on : words.row.off,
    isChanged: state.isOn !== state.fallback,
    problem: failed?.id === id ? failed.message : undefined,
    control: (
      <Switch
        label={texts.name}
        labelHidden
        isOn={state.isOn}
        disabled={state.obstacle !== undefined}
        onChange={(isOn) => change(id, wanted(isOn))}
      />
    ),
  });
  const { startAtLogin, startHidden, keepServing, notifications, startAtLoginProblem, trayProblem } = view;
  const keep = row(
    'keepServing',
    groups.startup,
    startup.keep,
    { isOn: keepServing ?? false, fallback: false, obstacle: trayProblem },
    (isOn) => ({ keepServing: isOn }),
  );
  return [
    row(
      'startAtLogin',
      groups.startup,
      startup.login,
      { isOn: startAtLogin, fallback: false, obstacle: startAtLoginProblem },
      (isOn) => ({ startAtLogin: isOn }),
    ),
    row('startHidden', groups.startup, startup.hidden, { isOn: startHidden, fallback: false }, (isOn) => ({
      startHidden: isOn,
    })),
    keepServing === undefined && trayProblem === undefined
      ? { ...keep, text: `${keep.text} ${startup.keep.undecided}` }
      : keep,
    row(
      'versionAvailable',
      groups.notifications,
      startup.available,
      { isOn: notifications.versionAvailable, fallback: true },
      (isOn) => ({ notifications: { versionAvailable: isOn } }),
    ),
    row(
      'loadFailed',
      groups.notifications,
      startup.loadFailed,
      { isOn: notifications.loadFailed, fallback: true },
      (isOn) => ({ notifications: { loadFailed: isOn } }),
    ),
    row(
      'sourceFailing',
      groups.notifications,
      startup.sourceFailing,
      { isOn: notifications.sourceFailing, fallback: true },
      (isOn) => ({ notifications: { sourceFailing: isOn } }),
    ),
    row(
      'exposurePaused',
      groups.notifications,
      startup.exposurePaused,
      { isOn: notifications.exposurePaused, fallback: true },
      (isOn) => ({ notifications: { exposurePaused: isOn } }),
    ),
  ];
}
