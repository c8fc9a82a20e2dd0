import { setImmediate } from 'node:timers/promises';
import type { RequestObserver, RequestOutcome } from '../../contracts/request-outcome.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import {
  MAX_REQUEST_PAGE,
  type RecordedRequest,
  type RecordingSettings,
  type RequestFilter,
  type RequestPage,
  type RequestRow,
} from '../../contracts/ui-traffic.ts';
import { clientName } from './client-name.ts';
import { RecordRing } from './record-ring.ts';
import { type BodyHead, bodyOf, headOf } from './recorded-body.ts';
import { redactJson } from './redact.ts';
import { requestTest } from './request-filter.ts';

/** What a record is taken to need besides its texts. */
const RECORD_BYTES = 300;
/** Longer names and error messages are cut. */
const MAX_NAME = 255;
const MAX_ERROR = 2048;
/** Records looked at for one page: a look must not hold up the calls that are being answered. */
const MAX_LOOKS = 10_000;
/** Records written as JSON lines without a pause. */
const EXPORT_RECORDS = 200;

export interface RequestRecorderOptions {
  readonly settings: RecordingSettings;
  /** Records kept in memory; default 50 000. */
  readonly maxRequests?: number;
  /** Memory they may take together without their bodies, about; default 48 MiB. */
  readonly maxBytes?: number;
  /** Memory that all bodies may take; default 32 MiB. Those of the oldest records are dropped first. */
  readonly maxBodyBytes?: number;
}

export interface RequestRecorderDeps {
  /** Gets each record as it is made, where records go to a file too. It must be quick, and must not throw. */
  readonly onRecorded?: (record: LazyRecord) => void;
  /** From 0 up to 1; `Math.random` by default. */
  readonly random?: () => number;
}

/** A record that is put in words when somebody looks at it. */
export type LazyRecord = () => RecordedRequest;

/** Which page: see the command `listRequests`. */
export type PageRequest = RequestFilter & {
  readonly beforeSequence?: number | undefined;
  readonly afterSequence?: number | undefined;
  readonly limit?: number | undefined;
};

/**
 * Keeps the last calls for the user interface. Headers are never kept. Of JSON bodies and error messages, values of
 * fields whose names say that they are secret are taken out, and base64 payloads shortened; gRPC messages are kept as they
 * came, since what their fields mean is not known here.
 */
export interface RequestRecorder {
  readonly observe: RequestObserver;
  settings(): RecordingSettings;
  /** Records stay; bodies are dropped when they are switched off. @returns the settings from now on. */
  configure(settings: RecordingSettings): RecordingSettings;
  page(request: PageRequest): RequestPage;
  /** @throws ServingError NOT_FOUND for a record that is not kept any more. */
  detail(sequence: number): RecordedRequest;
  clear(): void;
  /** Number of the newest record, whether it is still kept or not; 0 before the first. */
  lastSequence(): number;
  /** Those that the filter lets through, one JSON object on each line. Pauses, so that calls are answered meanwhile. */
  toJsonLines(filter?: RequestFilter): Promise<string>;
}

interface Bodies {
  readonly request: BodyHead | undefined;
  readonly response: BodyHead | undefined;
}

interface Kept extends Omit<RequestRow, 'code' | 'bodies'> {
  readonly code: RequestOutcome['code'];
  readonly encoding: RequestOutcome['encoding'];
  readonly hadBodies: boolean;
  bodies: Bodies | undefined;
}

export function createRequestRecorder(
  options: RequestRecorderOptions,
  { onRecorded, random = Math.random }: RequestRecorderDeps = {},
): RequestRecorder {
  const { maxRequests = 50_000, maxBytes = 48 * 1024 ** 2, maxBodyBytes = 32 * 1024 ** 2 } = options;
  const ring = new RecordRing<Kept>(maxRequests);
  let settings = options.settings;
  let bytes = 0;
  let bodyBytes = 0;
  /** Records before this one have no bodies any more. */
  let bodiesFrom = 1;

  const dropBodies = (kept: Kept): void => {
    bodyBytes -= sizeOf(kept.bodies);
    kept.bodies = undefined;
  };
  const forget = (kept: Kept | undefined): void => {
    if (!kept) return;
    bytes -= recordBytes(kept);
    dropBodies(kept);
  };

  const keep = (outcome: RequestOutcome): void => {
    const kept = keptOf(outcome, ring.last + 1, settings);
    const { bodies } = kept;
    forget(ring.push(kept));
    bytes += recordBytes(kept);
    bodyBytes += sizeOf(bodies);
    while (bytes > maxBytes && ring.size > 1) forget(ring.shift());
    for (bodiesFrom = Math.max(bodiesFrom, ring.first); bodyBytes > maxBodyBytes; bodiesFrom += 1) {
      const oldest = ring.at(bodiesFrom);
      if (oldest === undefined) break;
      dropBodies(oldest);
    }
    // The file gets the bodies even where they are dropped before it is written.
    onRecorded?.(() => recordOf(kept, bodies));
  };

  return {
    observe(outcome) {
      if (!settings.enabled) return;
      if (outcome.code === 'OK' && random() >= settings.sampleRate) return;
      keep(outcome);
    },
    settings: () => settings,
    configure(wanted) {
      settings = wanted;
      if (!wanted.bodies) {
        for (let at = Math.max(bodiesFrom, ring.first); at <= ring.last; at += 1) {
          const kept = ring.at(at);
          if (kept) dropBodies(kept);
        }
        bodiesFrom = ring.last + 1;
      }
      return settings;
    },
    page({ beforeSequence, afterSequence, limit = MAX_REQUEST_PAGE, ...filter }) {
      const passes = requestTest(filter);
      const forward = afterSequence !== undefined;
      const step = forward ? 1 : -1;
      let at = forward
        ? Math.max(ring.first, afterSequence + 1)
        : Math.min(ring.last, (beforeSequence ?? Infinity) - 1);
      const from = at;
      const requests: RequestRow[] = [];
      for (let looks = 0; looks < MAX_LOOKS && requests.length < limit; looks += 1, at += step) {
        const kept = ring.at(at);
        if (!kept) break;
        if (passes(kept)) requests.push(rowOf(kept));
      }
      const seen = at === from ? undefined : { from, to: at - step };
      if (!forward) requests.reverse();
      return {
        requests,
        firstSeen: seen === undefined ? 0 : Math.min(seen.from, seen.to),
        lastSeen: seen === undefined ? 0 : Math.max(seen.from, seen.to),
        more: ring.at(at) !== undefined,
        kept: ring.size,
      };
    },
    detail(sequence) {
      const kept = ring.at(sequence);
      if (!kept) throw new ServingError('NOT_FOUND', 'this request is not kept any more');
      return recordOf(kept, kept.bodies);
    },
    lastSequence: () => ring.last,
    clear() {
      ring.clear();
      bytes = 0;
      bodyBytes = 0;
      bodiesFrom = ring.first;
    },
    async toJsonLines(filter = {}) {
      const passes = requestTest(filter);
      const last = ring.last;
      let text = '';
      for (let at = ring.first; at <= last; at += 1) {
        const kept = ring.at(at);
        if (kept && passes(kept)) text += jsonLine(recordOf(kept, kept.bodies));
        if (at % EXPORT_RECORDS === 0) await setImmediate();
      }
      return text;
    },
  };
}

/** A record as one line of a JSONL file. */
export function jsonLine(record: RecordedRequest): string {
  return `${JSON.stringify(record)}\n`;
}

const sizeOf = (bodies: Bodies | undefined): number =>
  (bodies?.request?.head.byteLength ?? 0) + (bodies?.response?.head.byteLength ?? 0);

const recordBytes = ({ client = '', error = '', model }: Kept): number =>
  RECORD_BYTES + 2 * (client.length + error.length + model.length);

function keptOf(outcome: RequestOutcome, sequence: number, { bodies, maxBodyBytes }: RecordingSettings): Kept {
  const { entrypoint, method, model, version, code, httpStatus, durationMs, queueMs, runMs, batchRows } = outcome;
  return {
    sequence,
    atMs: outcome.startedAtMs,
    entrypoint,
    method,
    model: model.slice(0, MAX_NAME),
    version,
    code,
    httpStatus,
    client: clientName(outcome.client),
    // Here and not when it is looked at: failed calls are few, and what is searched is what is shown.
    error: outcome.error === undefined ? undefined : redactJson(outcome.error.slice(0, MAX_ERROR)),
    durationMs,
    queueMs,
    runMs,
    batchRows,
    requestBytes: outcome.requestBytes,
    responseBytes: outcome.responseBytes,
    encoding: outcome.encoding,
    hadBodies: bodies,
    bodies: bodies
      ? {
          request: headOf(outcome.requestBody, maxBodyBytes),
          response: outcome.responseBody === undefined ? undefined : headOf([outcome.responseBody], maxBodyBytes),
        }
      : undefined,
  };
}

function rowOf({ encoding: _encoding, hadBodies, bodies, ...facts }: Kept): RequestRow {
  return { ...facts, bodies: bodies ? 'kept' : hadBodies ? 'dropped' : 'off' };
}

function recordOf(kept: Kept, bodies: Bodies | undefined): RecordedRequest {
  const { request, response } = bodies ?? {};
  return {
    ...rowOf({ ...kept, bodies }),
    ...(request && { requestBody: bodyOf(request, kept.encoding) }),
    ...(response && { responseBody: bodyOf(response, kept.encoding) }),
  };
}
