import type { ServerSettingId, SettingValue } from '#contracts/ui-settings.ts';
import { formatCount, limitText } from '../../format/quantity.ts';
import { strings } from '../../strings/index.ts';

const words = strings.settings;

/** Numbers that name something and count nothing. */
const PORTS: ReadonlySet<ServerSettingId> = new Set(['restPort', 'grpcPort', 'uiPort']);

/** A value of the server's settings in words, with its unit. */
export function valueText(id: ServerSettingId, value: SettingValue): string {
  switch (value.kind) {
    case 'unset':
      return words.server[id].unset ?? words.unset;
    case 'toggle':
      return value.isOn ? words.row.on : words.row.off;
    case 'count':
      if (!PORTS.has(id)) return formatCount(value.count);
      return value.count === 0 ? words.port.anyFree : String(value.count);
    case 'share':
      return shareText(value.share);
    case 'bytes':
      return limitText(value.bytes);
    case 'duration':
      return durationText(value.ms);
    case 'text':
      return value.text;
    case 'list':
      return value.items.join(', ');
    default:
      return value satisfies never;
  }
}

/** `50 %`. */
export const shareText = (share: number): string => `${formatShare.format(share * 100)} %`;
const formatShare = new Intl.NumberFormat('en', { maximumFractionDigits: 3 });

/** A time that was set, as exact as it was set: `500 ms`, `1.5 s`, `1 min`. */
function durationText(ms: number): string {
  if (ms > 0 && ms < 1000) return `${ms} ms`;
  return ms > 0 && ms % 60_000 === 0 ? `${formatCount(ms / 60_000)} min` : `${formatCount(ms / 1000)} s`;
}
