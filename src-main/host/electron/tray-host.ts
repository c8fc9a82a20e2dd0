import type { SessionBus } from './session-bus.ts';

const WATCHER = 'org.kde.StatusNotifierWatcher';
const BUS = 'org.freedesktop.DBus';

/**
 * Whether the tray icon of a process can be seen on a Linux desktop: something shows icons, and ours is among those it was
 * given. Electron itself cannot tell, and some desktops (GNOME as it comes) show none.
 */
export async function isTrayShown(bus: SessionBus, pid: number): Promise<boolean> {
  const property = (name: string): Promise<string | undefined> =>
    bus.call({
      destination: WATCHER,
      path: '/StatusNotifierWatcher',
      method: 'org.freedesktop.DBus.Properties.Get',
      args: [WATCHER, name],
    });
  const isHosted = await property('IsStatusNotifierHostRegistered');
  if (isHosted === undefined || !/\btrue\b/u.test(isHosted)) return false;
  // Each watcher has its own way of writing an item, but all start with the name on the bus of whoever it belongs to.
  const items = stringsIn((await property('RegisteredStatusNotifierItems')) ?? '');
  const owners = new Set(items.map((item) => item.replace(/[/@].*$/u, '')));
  for (const owner of owners) {
    const answer = await bus.call({
      destination: BUS,
      path: '/org/freedesktop/DBus',
      method: `${BUS}.GetConnectionUnixProcessID`,
      args: [owner],
    });
    if (answer !== undefined && numberIn(answer) === pid) return true;
  }
  return false;
}

/** The strings in `(<['a', 'b']>,)` or `v as 2 "a" "b"`. */
function stringsIn(text: string): string[] {
  return [...text.matchAll(/'([^']*)'|"([^"]*)"/gu)].map(([, single, double]) => single ?? double ?? '');
}

/** The number in `(uint32 123,)` or `u 123`. */
function numberIn(text: string): number | undefined {
  const digits = /\b(\d+)\b/u.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
