import { type ServableId, servableKey, type ServableName } from '../contracts/ids.ts';
import type { Logger } from '../contracts/logger.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { DownloadView } from '../contracts/ui.ts';
import type { Clock } from '../core/clock.ts';
import type { DownloadListener, DownloadResult } from '../inference/onnx-source-adapter.ts';

/** Downloads tell of themselves many times a second; nobody reads so fast. */
const TELL_MS = 500;
const LOG_MS = 10_000;
/** The speed is that of so much time; too little time tells nothing. */
const RATE_OVER_MS = 5000;
const RATE_LEAST_MS = 500;
/** How often it is looked whether anything comes at all. */
const LOOK_MS = 1000;
/** After so much silence a download is shown as stalled. */
const STALLED_AFTER_MS = 3000;

/** What comes from stores at the moment, for the user interface and the log. */
export interface DownloadBoard extends DownloadListener {
  of(id: ServableId): DownloadView | undefined;
  /**
   * Ends the download of a version, whose load then ends in CANCELLED: connections are closed, and what had come is removed.
   * It is not loaded again until somebody retries it, or its files change.
   * @throws ServingError FAILED_PRECONDITION when nothing of it is being downloaded.
   */
  cancel(id: ServableId): void;
  /** Calls back with the name of a model whose download began, ended, stalled, or went on for a while. */
  subscribe(onChange: (name: ServableName) => void): () => void;
}

interface Sample {
  readonly atMs: number;
  readonly doneBytes: number;
}

interface Download {
  readonly id: ServableId;
  readonly startedMs: number;
  /** Bytes that were there from an earlier try. */
  readonly startBytes: number;
  readonly samples: Sample[];
  view: DownloadView;
  /** When bytes came last. */
  movedMs: number;
  toldMs: number;
  loggedMs: number;
}

export function createDownloadBoard({ clock, log }: { readonly clock: Clock; readonly log: Logger }): DownloadBoard {
  const begun = new Map<string, AbortController>();
  const downloads = new Map<string, Download>();
  const listeners = new Set<(name: ServableName) => void>();
  /** Ends the watch for silence; undefined while nothing comes anyway. */
  let watch: AbortController | undefined;

  function tell({ name }: ServableId): void {
    for (const listener of listeners) listener(name);
  }

  async function watchForSilence(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(LOOK_MS, signal);
      if (!signal.aborted) for (const download of downloads.values()) noteSilence(download);
    }
  }

  function noteSilence(download: Download): void {
    const { id, view, samples, movedMs } = download;
    const atMs = clock.now();
    if (atMs - movedMs < LOOK_MS) return;
    addSample(samples, { atMs, doneBytes: view.doneBytes });
    const isStalled = atMs - movedMs >= STALLED_AFTER_MS;
    const stalled = { bytesPerSecond: 0, stalledSinceMs: movedMs };
    download.view = { ...view, ...(isStalled ? stalled : rateOf(samples)) };
    if (isStalled && view.stalledSinceMs === undefined) {
      log.warn({ servable: id.name, version: id.version, doneBytes: view.doneBytes }, 'the download stalls');
    }
    if (download.view.bytesPerSecond === view.bytesPerSecond && isStalled === (view.stalledSinceMs !== undefined))
      return;
    download.toldMs = atMs;
    tell(id);
  }

  return {
    began(id) {
      const stop = new AbortController();
      begun.set(servableKey(id), stop);
      return stop.signal;
    },

    progressed(id, { doneBytes, totalBytes, file }) {
      const key = servableKey(id);
      const atMs = clock.now();
      const known = downloads.get(key);
      const samples = known?.samples ?? [];
      addSample(samples, { atMs, doneBytes });
      const view = { doneBytes, totalBytes, file, ...rateOf(samples) };
      if (known === undefined) {
        const times = { startedMs: atMs, movedMs: atMs, toldMs: atMs, loggedMs: atMs };
        downloads.set(key, { id, startBytes: doneBytes, samples, view, ...times });
        if (!watch) {
          watch = new AbortController();
          void watchForSilence(watch.signal);
        }
        log.info({ servable: id.name, version: id.version, doneBytes, totalBytes }, 'downloading');
        tell(id);
        return;
      }
      const wasStalled = known.view.stalledSinceMs !== undefined;
      known.view = view;
      known.movedMs = atMs;
      if (atMs - known.loggedMs >= LOG_MS) {
        known.loggedMs = atMs;
        log.info({ servable: id.name, version: id.version, ...view }, 'downloading');
      }
      if (wasStalled || atMs - known.toldMs >= TELL_MS) {
        known.toldMs = atMs;
        tell(id);
      }
    },

    ended(id, result, verified) {
      const key = servableKey(id);
      begun.delete(key);
      const download = downloads.get(key);
      if (download === undefined) return;
      downloads.delete(key);
      if (downloads.size === 0) {
        watch?.abort();
        watch = undefined;
      }
      const { startedMs, startBytes, view } = download;
      const fields = {
        servable: id.name,
        version: id.version,
        doneBytes: view.doneBytes,
        totalBytes: view.totalBytes,
        receivedBytes: view.doneBytes - startBytes,
        elapsedMs: Math.round(clock.now() - startedMs),
        ...(verified && { verified }),
      };
      log.info(fields, ENDINGS[result]);
      tell(id);
    },

    of: (id) => downloads.get(servableKey(id))?.view,
    cancel(id) {
      const stop = begun.get(servableKey(id));
      if (!stop) {
        throw new ServingError('FAILED_PRECONDITION', `version ${id.version} of "${id.name}" is not being downloaded`);
      }
      stop.abort(new ServingError('CANCELLED', 'the download was cancelled'));
    },
    subscribe(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
  };
}

const ENDINGS: Readonly<Record<DownloadResult, string>> = {
  complete: 'downloaded',
  failed: 'the download ended before its end',
  cancelled: 'the download was cancelled',
};

function addSample(samples: Sample[], sample: Sample): void {
  samples.push(sample);
  while (samples.length > 2 && (samples[1]?.atMs ?? Infinity) <= sample.atMs - RATE_OVER_MS) samples.shift();
}

function rateOf(samples: readonly Sample[]): Pick<DownloadView, 'bytesPerSecond'> {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || last.atMs - first.atMs < RATE_LEAST_MS) return {};
  const bytesPerSecond = ((last.doneBytes - first.doneBytes) / (last.atMs - first.atMs)) * 1000;
  // Less than before where a corrupt file is fetched again.
  return { bytesPerSecond: Math.max(0, Math.round(bytesPerSecond)) };
}
