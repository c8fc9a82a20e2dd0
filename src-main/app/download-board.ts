import { type ServableId, servableKey, type ServableName } from '../contracts/ids.ts';
import type { Logger } from '../contracts/logger.ts';
import type { DownloadView } from '../contracts/ui.ts';
import type { Clock } from '../core/clock.ts';
import type { DownloadListener } from '../inference/onnx-source-adapter.ts';

/** Downloads tell of themselves many times a second; nobody reads so fast. */
const TELL_MS = 500;
const LOG_MS = 10_000;
/** The speed is that of so much time; too little time tells nothing. */
const RATE_OVER_MS = 5000;
const RATE_LEAST_MS = 500;

/** What comes from stores at the moment, for the user interface and the log. */
export interface DownloadBoard extends DownloadListener {
  of(id: ServableId): DownloadView | undefined;
  /** Calls back with the name of a model whose download began, ended, or went on for a while. */
  subscribe(onChange: (name: ServableName) => void): () => void;
}

interface Sample {
  readonly atMs: number;
  readonly doneBytes: number;
}

interface Download {
  readonly startedMs: number;
  /** Bytes that were there from an earlier try. */
  readonly startBytes: number;
  readonly samples: Sample[];
  view: DownloadView;
  toldMs: number;
  loggedMs: number;
}

export function createDownloadBoard({ clock, log }: { readonly clock: Clock; readonly log: Logger }): DownloadBoard {
  const downloads = new Map<string, Download>();
  const listeners = new Set<(name: ServableName) => void>();

  function tell({ name }: ServableId): void {
    for (const listener of listeners) listener(name);
  }

  return {
    progressed(id, { doneBytes, totalBytes, file }) {
      const key = servableKey(id);
      const atMs = clock.now();
      const known = downloads.get(key);
      const samples = known?.samples ?? [];
      samples.push({ atMs, doneBytes });
      while (samples.length > 2 && (samples[1]?.atMs ?? Infinity) <= atMs - RATE_OVER_MS) samples.shift();
      const view = { doneBytes, totalBytes, file, ...rateOf(samples) };
      if (known === undefined) {
        downloads.set(key, { startedMs: atMs, startBytes: doneBytes, samples, view, toldMs: atMs, loggedMs: atMs });
        log.info({ servable: id.name, version: id.version, doneBytes, totalBytes }, 'downloading');
        tell(id);
        return;
      }
      known.view = view;
      if (atMs - known.loggedMs >= LOG_MS) {
        known.loggedMs = atMs;
        log.info({ servable: id.name, version: id.version, ...view }, 'downloading');
      }
      if (atMs - known.toldMs >= TELL_MS) {
        known.toldMs = atMs;
        tell(id);
      }
    },

    ended(id, result) {
      const key = servableKey(id);
      const download = downloads.get(key);
      if (download === undefined) return;
      downloads.delete(key);
      const { startedMs, startBytes, view } = download;
      const fields = {
        servable: id.name,
        version: id.version,
        doneBytes: view.doneBytes,
        totalBytes: view.totalBytes,
        receivedBytes: view.doneBytes - startBytes,
        elapsedMs: Math.round(clock.now() - startedMs),
      };
      log.info(fields, result === 'complete' ? 'downloaded' : 'the download ended before its end');
      tell(id);
    },

    of: (id) => downloads.get(servableKey(id))?.view,
    subscribe(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
  };
}

function rateOf(samples: readonly Sample[]): Pick<DownloadView, 'bytesPerSecond'> {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || last.atMs - first.atMs < RATE_LEAST_MS) return {};
  const bytesPerSecond = ((last.doneBytes - first.doneBytes) / (last.atMs - first.atMs)) * 1000;
  // Less than before where a corrupt file is fetched again.
  return { bytesPerSecond: Math.max(0, Math.round(bytesPerSecond)) };
}
