import { useEffect, useEffectEvent } from 'react';

/** Whether a text may be the address of something in a store; the server understands it, or says why not. */
export const looksLikeUrl = (text: string): boolean => /^(?:s3|https?):\/\/\S+$/iu.test(text.trim());

/**
 * Takes addresses of buckets and objects that are pasted anywhere on the screen. Into a text field other addresses go as
 * they always do: only `s3://` is taken out of one, and never out of a field that has its own use for it.
 */
export function useUrlPaste(onUrl: (text: string) => void): void {
  const take = useEffectEvent((event: ClipboardEvent): void => {
    const text = event.clipboardData?.getData('text') ?? '';
    if (!looksLikeUrl(text)) return;
    const { target } = event;
    if (target instanceof HTMLElement && target.closest('[role=dialog], [data-takes-urls]')) return;
    const isField = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
    if (isField && !/^s3:/iu.test(text.trim())) return;
    event.preventDefault();
    onUrl(text.trim());
  });
  useEffect(() => {
    const listening = new AbortController();
    document.addEventListener('paste', (event) => take(event), { signal: listening.signal });
    return () => listening.abort();
  }, []);
}
