import { Check, Globe, Lock, LockOpen, Minus, Monitor } from 'lucide-react';
import type { ServerView } from '#contracts/ui.ts';
import type { OpenPort, ServerSettingGroup, ServerSettingId, ServerSettings } from '#contracts/ui-settings.ts';
import { SERVER_SETTINGS } from '#contracts/ui-settings.ts';
import { CopyButton } from '../../components/copy.tsx';
import { formatBytes, limitText } from '../../format/quantity.ts';
import { strings } from '../../strings/index.ts';
import type { SettingRow } from './setting-row.tsx';
import { valueText } from './setting-value.ts';

const words = strings.settings;

/** Facts of some groups: shown with their flags, since no page can change them. */
export function factRows(
  settings: ServerSettings,
  groups: readonly { readonly group: ServerSettingGroup; readonly title: string }[],
  /** Those that have a row of their own. */
  without: ReadonlySet<ServerSettingId> = new Set(),
): readonly SettingRow[] {
  return groups.flatMap(({ group, title }) =>
    idsOf(group).flatMap((id) => {
      if (without.has(id)) return [];
      const row = factRow(settings, id, title);
      return row ? [row] : [];
    }),
  );
}

/** One fact; undefined where the server does not tell it. */
export function factRow(settings: ServerSettings, id: ServerSettingId, group: string): SettingRow | undefined {
  const found = factOf(settings, id);
  if (!found) return undefined;
  const { flag, value, fallback } = found;
  const { name, text, words: more } = words.server[id];
  const shown = valueText(id, value);
  return {
    id,
    group,
    name,
    text,
    words: `${more ?? ''} ${shown}`,
    flag,
    applies: 'start',
    fallback: valueText(id, fallback),
    isChanged: JSON.stringify(value) !== JSON.stringify(fallback),
    control: <Fact text={shown} {...(value.kind === 'toggle' ? { isOn: value.isOn } : {})} />,
  };
}

/** What the server said of one setting. */
export const factOf = (settings: ServerSettings, id: ServerSettingId) =>
  settings.groups.flatMap((group) => group.settings).find((setting) => setting.id === id);

const idsOf = (group: ServerSettingGroup): readonly ServerSettingId[] =>
  ALL_IDS.filter((id) => Object.hasOwn(SERVER_SETTINGS[group], id));
const isSettingId = (text: string): text is ServerSettingId => Object.hasOwn(words.server, text);
const ALL_IDS = Object.values(SERVER_SETTINGS).flatMap((flags) => Object.keys(flags).filter(isSettingId));

/** A value that can only be read. */
export function Fact({ text, isOn }: { readonly text: string; readonly isOn?: boolean }) {
  const Icon = isOn ? Check : Minus;
  return (
    <span className="flex min-w-0 items-center gap-1.5 font-medium break-words tabular-nums">
      {isOn !== undefined && <Icon aria-hidden size={14} className={isOn ? 'text-ok' : 'text-faint'} />}
      <span className="min-w-0 [overflow-wrap:anywhere]">{text}</span>
    </span>
  );
}

/** Memory that is in use. */
export function memoryRow(server: ServerView | undefined): SettingRow {
  const { status } = words;
  const { usedBytes = 0, limitBytes } = server?.memory ?? {};
  return {
    id: 'memory',
    group: words.groups.running,
    name: status.memoryName,
    text: status.memoryText,
    control: (
      <Fact
        text={
          limitBytes === undefined
            ? formatBytes(usedBytes)
            : status.ofLimit(formatBytes(usedBytes), limitText(limitBytes))
        }
      />
    ),
  };
}

/** Every port that listens, and why. */
export const openPortRows = ({ ports }: ServerSettings): readonly SettingRow[] =>
  ports.map((port, index) => openPortRow(port, ports.findIndex(({ purpose }) => purpose === port.purpose) === index));

function openPortRow({ purpose, listensAt, address, reach, encrypted }: OpenPort, isFirst: boolean): SettingRow {
  const { name, why } = words.ports[purpose];
  const Reach = reach === 'network' ? Globe : Monitor;
  const Secrecy = encrypted ? Lock : LockOpen;
  const isOpen = reach === 'network' && !encrypted;
  return {
    id: isFirst ? `port-${purpose}` : `port-${purpose}-${address}`,
    group: words.groups.ports,
    name,
    text: why,
    words: `${words.port.words} ${address} ${listensAt}`,
    meta: (
      <>
        <span className={`flex items-center gap-1 ${reach === 'network' ? 'text-warn' : ''}`}>
          <Reach aria-hidden size={11} />
          {words.port[reach === 'network' ? 'network' : 'local']}
        </span>
        <span className={`flex items-center gap-1 ${isOpen ? 'text-warn' : ''}`}>
          <Secrecy aria-hidden size={11} />
          {words.port[encrypted ? 'encrypted' : 'plain']}
        </span>
        <span>{words.port.listens(listensAt)}</span>
      </>
    ),
    control: (
      <>
        <code className="min-w-0 font-mono text-xs [overflow-wrap:anywhere]">{address}</code>
        <CopyButton text={address} what={words.port.address(name)} />
      </>
    ),
  };
}
