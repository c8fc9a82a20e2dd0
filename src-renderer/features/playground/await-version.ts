import type { ModelView, VersionView } from '#contracts/ui.ts';
import type { ServerState, ServerStore } from '../../stores/server-store.ts';
import { strings } from '../../strings/index.ts';
import { versionStatus } from '../models/version-status.ts';

const words = strings.playground.send;

/** Whether a request can be sent, and if not, whether waiting helps. */
export type Availability =
  | { readonly kind: 'available'; readonly version: string }
  | { readonly kind: 'waits' }
  | { readonly kind: 'never'; readonly reason: string };

const COMING: ReadonlySet<string> = new Set(['waiting', 'queued', 'loading', 'retrying']);

/** Whether a version is on its way to be available. */
export const isComing = (version: VersionView): boolean => COMING.has(versionStatus(version));

/** @param version empty for whichever answers by default. */
export function availabilityOf(
  { models, server }: Pick<ServerState, 'models' | 'server'>,
  name: string,
  version: string,
): Availability {
  if (server?.isQuitting === true) return { kind: 'never', reason: words.stopping };
  const model = models[name];
  if (!model) return { kind: 'never', reason: words.modelGone(name) };
  const wanted = version === '' ? model.versions : model.versions.filter((each) => each.version === version);
  const ready = wanted.find(({ phase }) => phase === 'available');
  if (ready) {
    // Loaded, and yet nobody can call it: the endpoints are opened, or not.
    if (server?.serving.state === 'failed') return { kind: 'never', reason: words.servingFailed };
    return server?.serving.state === 'running' ? { kind: 'available', version: ready.version } : { kind: 'waits' };
  }
  if (wanted.some(isComing)) return { kind: 'waits' };
  return { kind: 'never', reason: whyNever(model, wanted, version) };
}

function whyNever(model: ModelView, wanted: readonly VersionView[], version: string): string {
  const failed = wanted.find((each) => versionStatus(each) === 'failed');
  if (failed?.error) return words.loadFailed(failed.version, failed.error.message);
  const [first] = wanted;
  if (!first) return version === '' ? words.noVersion(model.name) : words.versionGone(version);
  return words.unloaded(first.version);
}

/** Waits, by what the server tells, until the verdict is another than to wait. Undefined where the signal aborts first. */
export function awaitVersion(
  server: ServerStore,
  name: string,
  version: string,
  signal: AbortSignal,
): Promise<Exclude<Availability, { kind: 'waits' }> | undefined> {
  return new Promise((resolve) => {
    const look = (): void => {
      const verdict = availabilityOf(server.getState(), name, version);
      if (verdict.kind === 'waits') return;
      unsubscribe();
      resolve(verdict);
    };
    const unsubscribe = server.subscribe(look);
    signal.addEventListener('abort', () => {
      unsubscribe();
      resolve(undefined);
    });
    look();
  });
}
