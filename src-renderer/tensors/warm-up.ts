/** Content of `warmup.json`: requests that a version answers before it serves. */
import type { Json } from './lossless-json.ts';
import { NumberToken, parseJson, printJson } from './lossless-json.ts';

/**
 * One request as a warm-up file, its numbers as they were written. @returns undefined where a body is no JSON object.
 * @param expected the body of the answer; without it any answer will do.
 */
export function warmUpFile({
  name,
  request,
  expected,
  tolerance,
}: {
  readonly name: string;
  readonly request: string;
  readonly expected?: string;
  readonly tolerance?: number;
}): string | undefined {
  const body = objectOf(request);
  const answer = expected === undefined ? undefined : objectOf(expected);
  if (!body || (expected !== undefined && !answer)) return undefined;
  const entry = new Map<string, Json>([
    ...(name.trim() === '' ? [] : ([['name', name.trim()]] as const)),
    ['method', 'predict'],
    ['body', body],
    ...(answer ? ([['expected', answer]] as const) : []),
    ...(answer && tolerance !== undefined ? ([['tolerance', new NumberToken(String(tolerance))]] as const) : []),
  ]);
  return `${printJson(new Map([['requests', [entry]]]))}\n`;
}

function objectOf(text: string): Json | undefined {
  const parsed = parseJson(text);
  return parsed.ok && parsed.value instanceof Map ? parsed.value : undefined;
}
