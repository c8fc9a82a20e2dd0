import type { RequestObserver, RequestOutcome } from '../../contracts/request-outcome.ts';
import type { RecordedBody, RecordedRequest, RecordingSettings } from '../../contracts/ui-traffic.ts';
import { redactJson } from './redact.ts';

/** What a record is taken to need besides its bodies and texts. */
const RECORD_BYTES = 500;
/** Longer names and error messages are cut. */
const MAX_NAME = 255;
const MAX_ERROR = 2048;

export interface RequestRecorderOptions {
  readonly settings: RecordingSettings;
  /** Records kept in memory; default 1000. */
  readonly maxRequests?: number;
  /** Memory they may take together, about; default 16 MiB. */
  readonly maxBytes?: number;
}

export interface RequestRecorderDeps {
  /** Gets each record as it is made, where records go to a file too. It must be quick, and must not throw. */
  readonly onRecorded?: (record: LazyRecord) => void;
  /** From 0 up to 1; `Math.random` by default. */
  readonly random?: () => number;
}

/** A record that is put in words when somebody looks at it, and then stays so. */
export type LazyRecord = () => RecordedRequest;

/**
 * Keeps the last calls for the user interface. Headers are never kept. Of JSON bodies and error messages, values of
 * fields whose names say that they are secret are taken out, and base64 payloads shortened; gRPC messages are kept as they
 * came, since what their fields mean is not known here.
 */
export interface RequestRecorder {
  readonly observe: RequestObserver;
  settings(): RecordingSettings;
  /** What is kept already stays. @returns the settings from now on. */
  configure(settings: RecordingSettings): RecordingSettings;
  /** Oldest first. @param afterSequence leaves out this record and those before it. */
  list(afterSequence?: number): readonly RecordedRequest[];
  clear(): void;
  /** Number of the newest record, whether it is still kept or not; 0 before the first. */
  lastSequence(): number;
  /** All that is kept, one JSON object on each line. */
  toJsonLines(): string;
}

interface Kept {
  readonly sequence: number;
  readonly bytes: number;
  readonly record: LazyRecord;
}

export function createRequestRecorder(
  options: RequestRecorderOptions,
  { onRecorded, random = Math.random }: RequestRecorderDeps = {},
): RequestRecorder {
  const { maxRequests = 1000, maxBytes = 16 * 1024 ** 2 } = options;
  let settings = options.settings;
  let kept: Kept[] = [];
  let keptBytes = 0;
  let sequence = 0;

  const keep = (outcome: RequestOutcome): void => {
    sequence += 1;
    const { bytes, record } = recordOf(outcome, sequence, settings);
    kept.push({ sequence, bytes, record });
    keptBytes += bytes;
    while (kept.length > maxRequests || (keptBytes > maxBytes && kept.length > 0)) {
      keptBytes -= kept.shift()?.bytes ?? 0;
    }
    onRecorded?.(record);
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
      return settings;
    },
    list: (afterSequence = 0) => kept.filter((each) => each.sequence > afterSequence).map(({ record }) => record()),
    lastSequence: () => sequence,
    clear() {
      kept = [];
      keptBytes = 0;
    },
    toJsonLines: () => kept.map(({ record }) => jsonLine(record())).join(''),
  };
}

/** A record as one line of a JSONL file. */
export function jsonLine(record: RecordedRequest): string {
  return `${JSON.stringify(record)}\n`;
}

function recordOf(outcome: RequestOutcome, sequence: number, settings: RecordingSettings): Omit<Kept, 'sequence'> {
  const { model, error, encoding, requestBytes, responseBytes } = outcome;
  const facts = {
    sequence,
    atMs: outcome.startedAtMs,
    entrypoint: outcome.entrypoint,
    method: outcome.method,
    model: model.slice(0, MAX_NAME),
    version: outcome.version,
    code: outcome.code,
    httpStatus: outcome.httpStatus,
    durationMs: outcome.durationMs,
    queueMs: outcome.queueMs,
    runMs: outcome.runMs,
    batchRows: outcome.batchRows,
    requestBytes,
    responseBytes,
  };
  const message = error?.slice(0, MAX_ERROR);
  let requestHead = settings.bodies ? headOf(outcome.requestBody, settings.maxBodyBytes) : undefined;
  let responseHead =
    settings.bodies && outcome.responseBody !== undefined
      ? headOf([outcome.responseBody], settings.maxBodyBytes)
      : undefined;
  let record: RecordedRequest | undefined;
  return {
    bytes: RECORD_BYTES + 2 * (message?.length ?? 0) + (requestHead?.bytes ?? 0) + (responseHead?.bytes ?? 0),
    record() {
      record ??= {
        ...facts,
        error: message === undefined ? undefined : redactJson(message),
        requestBody: requestHead && bodyOf(requestHead, encoding),
        responseBody: responseHead && bodyOf(responseHead, encoding),
      };
      requestHead = undefined;
      responseHead = undefined;
      return record;
    },
  };
}

interface Head {
  /** A copy of our own. */
  readonly head: Uint8Array;
  /** What there was, and what is kept. */
  readonly total: number;
  readonly bytes: number;
}

/** @returns undefined where there is no body. */
function headOf(chunks: readonly Uint8Array[], maxBytes: number): Head | undefined {
  const total = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (total === 0) return undefined;
  // All of it is written below.
  const head = Buffer.allocUnsafe(Math.min(total, maxBytes));
  let at = 0;
  for (const chunk of chunks) {
    if (at === head.length) break;
    const part = chunk.subarray(0, head.length - at);
    head.set(part, at);
    at += part.byteLength;
  }
  return { head, total, bytes: head.length };
}

function bodyOf({ head, total, bytes }: Head, encoding: RequestOutcome['encoding']): RecordedBody {
  const truncated = total > bytes;
  if (encoding === 'proto') {
    return { bytes: total, text: Buffer.from(head).toString('base64'), encoding: 'base64', truncated };
  }
  // A character that is cut in two is left out.
  const text = new TextDecoder().decode(head, { stream: truncated });
  return { bytes: total, text: redactJson(text), encoding: 'utf8', truncated };
}
