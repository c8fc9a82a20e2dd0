import type { ReactNode } from 'react';
import type { AppCommandGroup } from '#contracts/app-commands.ts';
import { appCommandList } from '#contracts/app-commands.ts';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { IS_MAC, KeyHint, Keys } from '../../components/key-hint.tsx';
import { Switch } from '../../components/switch.tsx';
import { useApp, useAppearance, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { isOffered } from './page-actions.ts';

const words = strings.frame.cheatSheet;
const GROUPS: readonly AppCommandGroup[] = ['go', 'view', 'help', 'app'];
const MOD = IS_MAC ? '⌘' : 'Ctrl+';

const LISTS: readonly (readonly [keys: string, text: string])[] = [
  ['↑ ↓', words.keys.move],
  ['PgUp PgDn', words.keys.page],
  ['Home End', words.keys.ends],
  ['Enter', words.keys.open],
  ['Space', words.keys.select],
  ['Shift+↑ ↓', words.keys.extend],
  ['Shift+F10', words.keys.menu],
];
const WINDOW: readonly (readonly [keys: string, text: string])[] = [
  ['F6', words.keys.nextRegion],
  ['Shift+F6', words.keys.previousRegion],
  ['Esc', words.keys.escape],
];

/** What keys do in one place. Letters can be switched off, the others not. */
const PLACES: readonly { readonly title: string; readonly keys: readonly (readonly [string, string])[] }[] = [
  strings.models.keys,
  strings.model.keys,
  strings.graph.keys,
  strings.playground.keys,
  strings.traffic.keys,
  { title: strings.traffic.keys.brushTitle, keys: strings.traffic.keys.brush },
  strings.sources.keys,
  strings.logs.keys,
];
const ofThisComputer = (keys: string): string => keys.replace('Mod+', MOD);

/** All keys on one page, from the list of commands that they belong to. */
export function CheatSheet() {
  const { shell } = useServices();
  const show = useApp((state) => state.show);
  const letterKeys = useAppearance((state) => state.letterKeys);
  const choose = useAppearance((state) => state.choose);
  const close = (): void => show(undefined);
  return (
    <Dialog
      title={words.title}
      isOpen
      onClose={close}
      width="lg"
      footer={
        <Button variant="primary" onClick={close}>
          {words.close}
        </Button>
      }
    >
      <div className="overflow-y-auto px-4 py-3">
        <div className="columns-[15rem] gap-x-8">
          {GROUPS.map((group) => {
            const commands = appCommandList.filter(
              (command) => command.group === group && command.shortcut !== undefined && isOffered(command.id, shell),
            );
            if (commands.length === 0) return null;
            return (
              <Group key={group} title={words.groups[group]}>
                {commands.map(({ id, title, shortcut }) => (
                  <Line key={id} text={title} keys={shortcut && <KeyHint shortcut={shortcut} />} />
                ))}
              </Group>
            );
          })}
          <Group title={words.window}>
            {WINDOW.map(([keys, text]) => (
              <Line key={keys} text={text} keys={<Keys text={keys} />} />
            ))}
          </Group>
          {PLACES.map(({ title, keys }) => (
            <Group key={title} title={title}>
              {keys.map(([key, text]) => (
                <Line key={key} text={text} keys={<Keys text={ofThisComputer(key)} />} />
              ))}
            </Group>
          ))}
          <Group title={words.lists}>
            {LISTS.map(([keys, text]) => (
              <Line key={keys} text={text} keys={<Keys text={keys} />} />
            ))}
          </Group>
        </div>
        <div className="mt-2 border-t border-line pt-3">
          <Switch
            label={words.letters}
            hint={words.lettersHint}
            isOn={letterKeys === 'on'}
            onChange={(isOn) => choose({ letterKeys: isOn ? 'on' : 'off' })}
          />
        </div>
      </div>
    </Dialog>
  );
}

function Group({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="break-inside-avoid pb-4">
      <h3 className="pb-1 text-xs font-semibold text-muted">{title}</h3>
      <dl className="flex flex-col">{children}</dl>
    </section>
  );
}

function Line({ text, keys }: { readonly text: string; readonly keys: ReactNode }) {
  return (
    <div className="flex min-h-7 items-center justify-between gap-4 text-sm">
      <dt>{text}</dt>
      <dd className="shrink-0">{keys}</dd>
    </div>
  );
}
