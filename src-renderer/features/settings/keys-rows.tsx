import type { AppCommandGroup } from '#contracts/app-commands.ts';
import { appCommandList } from '#contracts/app-commands.ts';
import { IS_MAC, KeyHint } from '../../components/key-hint.tsx';
import { Switch } from '../../components/switch.tsx';
import { shortcutText } from '#contracts/app-commands.ts';
import { strings } from '../../strings/index.ts';
import type { AppearanceState } from '../../theme/appearance.ts';
import type { SettingRow } from './setting-row.tsx';

const words = strings.settings;
const GROUPS: readonly AppCommandGroup[] = ['go', 'file', 'view', 'help', 'app'];

/** Whether letters act, and every command with its key. */
export function keysRows({ letterKeys, choose }: AppearanceState, isDesktop: boolean): readonly SettingRow[] {
  const { letters } = words.keys;
  return [
    {
      id: 'letterKeys',
      group: words.groups.letters,
      name: letters.name,
      text: letters.text,
      words: letters.words,
      applies: 'live',
      fallback: words.row.on,
      isChanged: letterKeys !== 'on',
      control: (
        <Switch
          label={letters.name}
          labelHidden
          isOn={letterKeys === 'on'}
          onChange={(isOn) => choose({ letterKeys: isOn ? 'on' : 'off' })}
        />
      ),
    },
    ...GROUPS.flatMap((group) =>
      appCommandList
        .filter((command) => command.group === group)
        .map(({ id, title, shortcut, runsIn }): SettingRow => ({
          id: `key-${id}`,
          group: strings.frame.cheatSheet.groups[group],
          name: title,
          text: runsIn === 'shell' && !isDesktop ? words.keys.desktopOnly : '',
          words: `${words.keys.words} ${shortcut ? shortcutText(shortcut, IS_MAC) : ''}`,
          control: shortcut ? (
            <KeyHint shortcut={shortcut} />
          ) : (
            <span className="text-xs text-faint">{words.keys.noKey}</span>
          ),
        })),
    ),
  ];
}
