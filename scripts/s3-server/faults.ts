import type { S3FailureCode, S3FailureDetails } from './s3-failure.ts';
import type { S3Operation, S3Request } from './s3-request.ts';

/** One way in which the server misbehaves. Byte counts are of the body of one answer unless said otherwise. */
export type Fault =
  /** An S3 error instead of the answer. */
  | { readonly kind: 'error'; readonly code: S3FailureCode; readonly details?: S3FailureDetails }
  /** Anything instead of the answer: a page of a captive portal, garbage, an empty body. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Headers of the answer are replaced; null leaves one out. */
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string | null>> }
  /** The connection is reset before any answer. */
  | { readonly kind: 'reset' }
  /** No answer ever comes. */
  | { readonly kind: 'stall' }
  /** The body stops: the connection is ended, reset, or stays open in silence. */
  | { readonly kind: 'cut'; readonly afterBytes: number; readonly how: 'end' | 'reset' | 'stall' }
  /** The body has no length and ends early with the connection, so that it looks complete. */
  | { readonly kind: 'truncate'; readonly afterBytes: number }
  /** One bit of the object is wrong on the wire; does nothing to an answer without that byte of the object. */
  | { readonly kind: 'flipBit'; readonly atByte: number }
  /** The whole object with status 200 for a Range. */
  | { readonly kind: 'ignoreRange' }
  /** If-Match and its like have no effect. */
  | { readonly kind: 'ignoreConditions' }
  /** Bodies are sent no faster. */
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** Runs when the request has come, and is awaited before it is looked at: to hold it, or to change the store. */
  | { readonly kind: 'before'; readonly run: () => void | Promise<void> };

/** Which requests a fault is for. */
export interface FaultRule {
  /** Default: all. */
  readonly on?: S3Operation | readonly S3Operation[];
  readonly bucket?: string;
  readonly key?: string;
  readonly when?: (request: S3Request) => boolean;
  /** So many of the requests that match pass unharmed first; default 0. */
  readonly skip?: number;
  /** So many are hit; default all. */
  readonly times?: number;
  readonly fault: Fault;
}

/** A fault that was put in. */
export interface InjectedFault {
  /** How many requests it was applied to so far. */
  readonly hits: number;
  remove(): void;
}

export interface Faults {
  add(rule: FaultRule): InjectedFault;
  clear(): void;
}

/** Keeps the rules; `take` gives the faults for one request, and counts it. */
export function createFaults(): Faults & { take(request: S3Request): readonly Fault[] } {
  const rules = new Set<{ readonly rule: FaultRule; matched: number; hits: number }>();
  return {
    add(rule) {
      const entry = { rule, matched: 0, hits: 0 };
      rules.add(entry);
      return {
        get hits() {
          return entry.hits;
        },
        remove() {
          rules.delete(entry);
        },
      };
    },
    clear() {
      rules.clear();
    },
    take(request) {
      const faults: Fault[] = [];
      for (const entry of rules) {
        const { rule } = entry;
        if (!matches(rule, request)) continue;
        entry.matched += 1;
        if (entry.matched <= (rule.skip ?? 0) || entry.hits >= (rule.times ?? Number.POSITIVE_INFINITY)) continue;
        entry.hits += 1;
        faults.push(rule.fault);
      }
      return faults;
    },
  };
}

function matches({ on, bucket, key, when }: FaultRule, request: S3Request): boolean {
  const operations = on === undefined ? undefined : typeof on === 'string' ? [on] : on;
  if (operations && !operations.includes(request.operation)) return false;
  if (bucket !== undefined && bucket !== request.bucket) return false;
  if (key !== undefined && key !== request.key) return false;
  return when?.(request) ?? true;
}
