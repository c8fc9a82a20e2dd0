import type { Shortcut } from '#contracts/app-commands.ts';
import { shortcutText } from '#contracts/app-commands.ts';

/** Whether this computer's keyboard has a Cmd key. */
export const IS_MAC = /mac/iu.test(navigator.userAgent) && !/windows|linux/iu.test(navigator.userAgent);

/** A key press as it is written on this system. */
export function KeyHint({ shortcut }: { readonly shortcut: Shortcut }) {
  return <Keys text={shortcutText(shortcut, IS_MAC)} />;
}

/** Keys by their names, such as `Shift+F10`. */
export function Keys({ text }: { readonly text: string }) {
  return (
    <kbd className="inline-flex h-4.5 min-w-4.5 items-center justify-center rounded-sm border border-line bg-sunken px-1.5 font-sans text-2xs whitespace-nowrap text-muted">
      {text}
    </kbd>
  );
}
