/**
 * Preloaded into a server (`node --import`): notes which modules its main thread loads and how many threads it starts.
 * Answers the message `loaded` of the parent.
 */
import { subscribe } from 'node:diagnostics_channel';
import { registerHooks } from 'node:module';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const modules: string[] = [];
  let threads = 0;
  registerHooks({
    load(url, context, next) {
      modules.push(url);
      return next(url, context);
    },
  });
  subscribe('worker_threads', () => {
    threads += 1;
  });
  process.on('message', (message: unknown) => {
    if (message === 'loaded') process.send?.({ modules, threads });
  });
  process.channel?.unref();
}
