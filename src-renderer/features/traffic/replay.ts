import type { RecordedBody, RecordedRequest } from '#contracts/ui-traffic.ts';
import { predictUrl } from '../models/example-snippet.ts';

/** Why a request cannot be sent again from here. */
export type Obstacle = 'off' | 'cut' | 'grpc' | 'method' | 'model';

/** What could be sent again: the same request, as far as it was recorded. */
export type Replay =
  | { readonly ok: true; readonly body: string; readonly isRedacted: boolean }
  | { readonly ok: false; readonly obstacle: Obstacle };

const REDACTED = '"[redacted]"';
/** What is left of base64 that was shortened; see the recorder. */
const SHORTENED = /… \(\d+ characters\)"/u;

/** @param isServed whether there is a model of its name. */
export function replayOf(request: RecordedRequest, isServed: boolean): Replay {
  const { entrypoint, method, requestBody } = request;
  if (entrypoint === 'GRPC') return { ok: false, obstacle: 'grpc' };
  if (method !== 'predict') return { ok: false, obstacle: 'method' };
  if (requestBody === undefined) return { ok: false, obstacle: 'off' };
  if (requestBody.truncated) return { ok: false, obstacle: 'cut' };
  if (!isServed) return { ok: false, obstacle: 'model' };
  return {
    ok: true,
    body: requestBody.text,
    isRedacted: requestBody.text.includes(REDACTED) || SHORTENED.test(requestBody.text),
  };
}

/** The address that the request went to, as far as it is recorded. */
export function requestUrl(restUrl: string, { model, version, method }: RecordedRequest, isPinned: boolean): string {
  return predictUrl(restUrl, model, isPinned ? version : undefined).replace(/:predict$/u, `:${method}`);
}

/** A body to read: JSON with line breaks, everything else as it is. Long ones stay as they came. */
export function readableBody({ text, encoding, truncated }: RecordedBody): string {
  if (encoding === 'base64' || truncated || text.length > MAX_INDENTED) return text;
  try {
    // Only to see whether it is JSON: numbers must stay as they were written.
    JSON.parse(text);
  } catch {
    return text;
  }
  return text.includes('\n') ? text : indented(text);
}
const MAX_INDENTED = 100_000;

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gsu;
/** A list of numbers stays on one line up to this length. */
const LINE = 72;

/** Valid JSON with line breaks and two spaces per level; each token as it is. */
function indented(json: string): string {
  const tokens = json.match(TOKEN) ?? [];
  let at = 0;
  const value = (indent: string): string => {
    const token = tokens[at] ?? '';
    at += 1;
    if (token !== '{' && token !== '[') return token;
    const end = token === '{' ? '}' : ']';
    const parts: string[] = [];
    while (at < tokens.length && tokens[at] !== end) {
      let part = value(`${indent}  `);
      if (tokens[at] === ':') {
        at += 1;
        part += `: ${value(`${indent}  `)}`;
      }
      parts.push(part);
      if (tokens[at] === ',') at += 1;
    }
    at += 1;
    const line = `${token}${parts.join(', ')}${end}`;
    if (line.length <= LINE && !line.includes('\n')) return line;
    return `${token}\n${parts.map((part) => `${indent}  ${part}`).join(',\n')}\n${indent}${end}`;
  };
  return value('');
}
