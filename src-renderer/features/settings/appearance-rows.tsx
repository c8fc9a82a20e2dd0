import { Segmented } from '../../components/segmented.tsx';
import { strings } from '../../strings/index.ts';
import type { Appearance, AppearanceState } from '../../theme/appearance.ts';
import { CHOICES } from './appearance-choices.ts';
import type { SettingRow } from './setting-row.tsx';

const words = strings.settings;

/** How the page looks; every choice holds at once and for this browser or window only. */
export function appearanceRows(appearance: AppearanceState): readonly SettingRow[] {
  const row = <Name extends 'theme' | 'density' | 'contrast' | 'motion'>(
    id: Name,
    choices: readonly Appearance[Name][],
    labels: Readonly<Record<Appearance[Name], string>>,
    choose: (key: Appearance[Name]) => void,
  ): SettingRow => {
    const { name, text, words: more } = words.appearance[id];
    const [first] = choices;
    return {
      id,
      group: words.groups.look,
      name,
      text,
      words: `${more} ${choices.map((key) => labels[key]).join(' ')}`,
      applies: 'live',
      fallback: first && labels[first],
      isChanged: appearance[id] !== first,
      control: (
        <Segmented
          label={name}
          segments={choices.map((key) => ({ key, label: labels[key] }))}
          selected={appearance[id]}
          onSelect={choose}
        />
      ),
    };
  };
  const { choose } = appearance;
  const { theme, density, contrast, motion } = words.appearance;
  return [
    row('theme', CHOICES.theme, theme.choices, (key) => choose({ theme: key })),
    row('density', CHOICES.density, density.choices, (key) => choose({ density: key })),
    row('contrast', CHOICES.contrast, contrast.choices, (key) => choose({ contrast: key })),
    row('motion', CHOICES.motion, motion.choices, (key) => choose({ motion: key })),
  ];
}
