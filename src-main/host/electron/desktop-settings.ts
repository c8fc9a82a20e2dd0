import { z } from 'zod';
import type { DesktopChange, DesktopSettings, DesktopView } from '../../contracts/shell.ts';
import type { JsonFile } from './json-file.ts';
import type { LoginItem } from './login-item.ts';

/** What `desktop.json` holds; whether the app starts at login is the system's to keep. */
export const StoredDesktopSettings = z.object({
  keepServing: z.boolean().optional(),
  startHidden: z.boolean(),
  notifications: z.object({
    versionAvailable: z.boolean(),
    loadFailed: z.boolean(),
    sourceFailing: z.boolean(),
    // Files of earlier versions have none.
    exposurePaused: z.boolean().default(true),
  }),
});
export type StoredDesktopSettings = z.infer<typeof StoredDesktopSettings>;

export const DEFAULT_DESKTOP_SETTINGS: StoredDesktopSettings = {
  startHidden: false,
  notifications: { versionAvailable: true, loadFailed: true, sourceFailing: true, exposurePaused: true },
};

const NO_TRAY = 'This desktop shows no tray icons, so closing the window quits or at most minimises it.';

/** The settings of the desktop app. */
export interface DesktopPreferences {
  stored(): StoredDesktopSettings;
  view(): Promise<DesktopView>;
  /** @throws Error when the system or the disk does not take the change; what was taken before it stands. */
  change(change: DesktopChange): Promise<DesktopView>;
}

export interface DesktopPreferencesDeps {
  readonly file: JsonFile<StoredDesktopSettings>;
  readonly loginItem: LoginItem;
  readonly canComeBack: () => Promise<boolean>;
}

export function createDesktopPreferences({ file, loginItem, canComeBack }: DesktopPreferencesDeps): DesktopPreferences {
  async function view(): Promise<DesktopView> {
    const [login, hasTray] = await Promise.all([loginItem.read(), canComeBack()]);
    const { keepServing, startHidden, notifications } = file.current();
    const settings: DesktopSettings = {
      startAtLogin: login.isOn,
      startHidden,
      notifications,
      ...(keepServing !== undefined && { keepServing }),
    };
    return {
      ...settings,
      ...(login.problem !== undefined && { startAtLoginProblem: login.problem }),
      ...(!hasTray && { trayProblem: NO_TRAY }),
    };
  }

  return {
    stored: () => file.current(),
    view,
    async change({ startAtLogin, keepServing, startHidden, notifications }) {
      if (startAtLogin !== undefined) await loginItem.set(startAtLogin);
      await file.update((current) => ({
        ...current,
        ...(keepServing !== undefined && { keepServing }),
        ...(startHidden !== undefined && { startHidden }),
        notifications: {
          versionAvailable: notifications?.versionAvailable ?? current.notifications.versionAvailable,
          loadFailed: notifications?.loadFailed ?? current.notifications.loadFailed,
          sourceFailing: notifications?.sourceFailing ?? current.notifications.sourceFailing,
          exposurePaused: notifications?.exposurePaused ?? current.notifications.exposurePaused,
        },
      }));
      return view();
    },
  };
}
