import type { ServerSettings } from '#contracts/ui-settings.ts';
import type { ServerView } from '#contracts/ui.ts';
import { formatAbsolute } from '../../format/time.ts';
import { strings } from '../../strings/index.ts';
import { NoticesButton } from './notices-button.tsx';
import { PARTS } from './parts.ts';
import { Fact, factRow } from './server-rows.tsx';
import type { SettingRow } from './setting-row.tsx';

const words = strings.settings;

/** What this program is, and what it is made of. */
export function aboutRows(server: ServerView | undefined, settings: ServerSettings | undefined): readonly SettingRow[] {
  const { about, groups } = words;
  const { telemetry } = words.privacy;
  const row = (id: string, texts: { readonly name: string; readonly text: string }, value: string): SettingRow => ({
    id,
    group: groups.program,
    name: texts.name,
    text: texts.text,
    words: value,
    control: value === '' ? null : <Fact text={value} />,
  });
  const folder = settings && factRow(settings, 'dataDirectory', groups.program);
  const platforms: Readonly<Record<string, string>> = about.platforms;
  return [
    ...(server
      ? [
          row('version', about.version, server.version),
          row('platform', about.platform, platforms[server.platform] ?? server.platform),
          row('started', about.uptime, formatAbsolute(server.startedAtMs).slice(0, -4)),
        ]
      : []),
    // The same is said under Privacy and Advanced; each row is known by its own id.
    ...(folder ? [{ ...folder, id: 'aboutDataFolder' }] : []),
    row('aboutTelemetry', telemetry, telemetry.value),
    row('licence', about.licence, about.licence.value),
    {
      id: 'notices',
      group: groups.program,
      name: about.notices.name,
      text: about.notices.text,
      words: about.partsWords,
      control: <NoticesButton />,
    },
    row('documents', about.documents, ''),
    ...PARTS.map(({ name, does, licence }): SettingRow => ({
      id: `part-${name}`,
      group: groups.parts,
      name,
      text: does,
      words: about.partsWords,
      control: <Fact text={licence} />,
    })),
  ];
}
