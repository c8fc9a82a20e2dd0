/** One request to the REST API and the answer that TensorFlow Serving gives, or that we give on purpose. */
export interface RestCase {
  /** What it shows; with its group the title of a test. */
  readonly name: string;
  /** The file, function or test of TensorFlow Serving that it follows. */
  readonly upstream: string;
  /** Why the answer differs from upstream's; left out where it does not. */
  readonly deviation?: string;
  /** Method and request target, as on the wire. */
  readonly request: string;
  /** Header lines besides Host and, where there is a body, Content-Length. */
  readonly headers?: readonly string[];
  /** Text is sent as UTF-8. */
  readonly body?: string | Uint8Array;
  readonly status: number;
  /** The body of the answer: this very text, a text that matches, or this JSON value. Left out: anything. */
  readonly answer?: string | RegExp | { readonly json: unknown };
  /** The message of a failed call, which is all its body holds. */
  readonly error?: string | RegExp;
  /** Headers of the answer by lower-case name; null: there is no such header. */
  readonly answerHeaders?: Readonly<Record<string, string | RegExp | null>>;
}

/** Cases of one part of upstream's behaviour. */
export interface RestGroup {
  readonly title: string;
  readonly cases: readonly RestCase[];
}

/** What most cases of a table have in common. */
export type Expected = Pick<RestCase, 'status' | 'answer' | 'error' | 'answerHeaders' | 'deviation'>;

export const ok = (answer: NonNullable<RestCase['answer']>): Expected => ({ status: 200, answer });
export const bad = (error: string | RegExp, status = 400): Expected => ({ status, error });

/** A predict request to the model. */
export function predict(
  upstream: string,
  model: string,
  body: string | Uint8Array,
  expected: Expected,
  name?: string,
): RestCase {
  const shown = typeof body === 'string' ? body : Buffer.from(body).toString('latin1');
  return {
    name: name ?? `${model} ${shorten(shown)}`,
    upstream,
    request: `POST /v1/models/${model}:predict`,
    body,
    ...expected,
  };
}

/** A text for a title: long ones are cut. */
export function shorten(text: string): string {
  const visible = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  return visible.length > 90 ? `${visible.slice(0, 60)}… (${text.length})` : visible;
}
