import type { RequestOutcome } from '../../contracts/request-outcome.ts';
import type { RecordedBody } from '../../contracts/ui-traffic.ts';
import { redactJson } from './redact.ts';

/** The beginning of a body, copied: the buffers of a call may be used again after it. */
export interface BodyHead {
  readonly head: Uint8Array;
  /** What there was. */
  readonly totalBytes: number;
}

/** @returns undefined where there is no body. */
export function headOf(chunks: readonly Uint8Array[], maxBytes: number): BodyHead | undefined {
  const totalBytes = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (totalBytes === 0) return undefined;
  // All of it is written below.
  const head = Buffer.allocUnsafe(Math.min(totalBytes, maxBytes));
  let at = 0;
  for (const chunk of chunks) {
    if (at === head.length) break;
    const part = chunk.subarray(0, head.length - at);
    head.set(part, at);
    at += part.byteLength;
  }
  return { head, totalBytes };
}

/** Puts a body in words: JSON without the values of secret fields, everything else as base64. */
export function bodyOf({ head, totalBytes }: BodyHead, encoding: RequestOutcome['encoding']): RecordedBody {
  const truncated = totalBytes > head.byteLength;
  if (encoding === 'proto') {
    return { bytes: totalBytes, text: Buffer.from(head).toString('base64'), encoding: 'base64', truncated };
  }
  // A character that is cut in two is left out.
  const text = new TextDecoder().decode(head, { stream: truncated });
  return { bytes: totalBytes, text: redactJson(text), encoding: 'utf8', truncated };
}
