import type { DesktopNotifications } from '../../contracts/shell.ts';
import type { UiMessage } from '../../contracts/ui.ts';
import { type Announcement, announcementsOf, createNewsFinder, type News } from './background-news.ts';

/** What happens within this time is told in one message. */
const GROUPED_MS = 2000;

export interface AnnouncerDeps {
  readonly wanted: () => DesktopNotifications;
  /** Whether a window of the app has the user's attention. */
  readonly isWatched: () => boolean;
  readonly show: (announcement: Announcement) => void;
}

/** Tells the user what happens in the background. @returns is to be called with each message of the user interface. */
export function createAnnouncer({ wanted, isWatched, show }: AnnouncerDeps): (message: UiMessage) => void {
  const finder = createNewsFinder();
  let collected: readonly News[] = [];

  function tell(): void {
    const due = collected;
    collected = [];
    for (const announcement of announcementsOf(due, wanted(), isWatched())) show(announcement);
  }

  return (message) => {
    const news = finder.after(message);
    if (news.length === 0) return;
    if (collected.length === 0) setTimeout(tell, GROUPED_MS).unref();
    collected = [...collected, ...news];
  };
}
