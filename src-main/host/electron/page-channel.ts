import { SHELL_CHANNEL_PREFIX, type ShellMessageName, type ShellMessages } from '../../contracts/shell.ts';

/** More than a user clicks while a page loads; older ones are dropped. */
const MAX_KEPT = 20;

/** Messages from the shell to the page, kept until the page listens. */
export interface PageChannel {
  send<Name extends ShellMessageName>(name: Name, message: ShellMessages[Name]): void;
  /** The page listens for messages of this name from now on. */
  listening(name: ShellMessageName): void;
  /** The page goes; the next one has to say anew what it listens for. */
  pageGone(): void;
}

/** @param deliver hands a message to the page that is there. */
export function createPageChannel(deliver: (channel: string, message: unknown) => void): PageChannel {
  const listening = new Set<ShellMessageName>();
  let kept: { readonly name: ShellMessageName; readonly message: unknown }[] = [];
  const channelOf = (name: ShellMessageName): string => `${SHELL_CHANNEL_PREFIX}on:${name}`;
  return {
    send(name, message) {
      if (listening.has(name)) deliver(channelOf(name), message);
      else kept = [...kept, { name, message }].slice(-MAX_KEPT);
    },
    listening(name) {
      listening.add(name);
      const due = kept.filter((item) => item.name === name);
      kept = kept.filter((item) => item.name !== name);
      for (const { message } of due) deliver(channelOf(name), message);
    },
    pageGone: () => listening.clear(),
  };
}
