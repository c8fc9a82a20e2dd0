/** Searches lines beside the page: a regular expression can take for ever, and must not take the page with it. */
import { createSearcher, type SearchRequest } from './search-messages.ts';

const search = createSearcher();

// Only the page that started this thread can send to it.
globalThis.addEventListener('message', ({ data }: MessageEvent<SearchRequest>) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
  globalThis.postMessage(search(data));
});
