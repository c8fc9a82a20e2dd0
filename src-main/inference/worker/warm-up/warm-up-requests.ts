import { type FileHandle, open, stat } from 'node:fs/promises';
import path from 'node:path';
import { ServingError } from '../../../contracts/serving-error.ts';
import type { Call } from '../../protocol/call.ts';
import { JsonSyntaxError, type JsonTree, parseJsonTree } from './json-tree.ts';
import { readPredictionLog } from './prediction-log.ts';
import { readTfRecords } from './tf-record.ts';

/** TensorFlow Serving's file. Source: servables/tensorflow/saved_model_warmup_util.h. */
const RECORDS_FILE = 'assets.extra/tf_serving_warmup_requests';
/** Ours: in the version folder, or where TensorFlow Serving has its own. */
const GOLDEN_FILE = 'warmup.json';
const GOLDEN_FILES = [GOLDEN_FILE, `assets.extra/${GOLDEN_FILE}`];

const MAX_REQUESTS = 1000;
const MAX_RECORDS_BYTES = 2 ** 30;
const MAX_GOLDEN_BYTES = 16 * 1024 * 1024;
const DEFAULT_TOLERANCE = 1e-4;

/** One request to run before a version becomes available. */
export interface WarmUpRequest {
  /** For error messages: `warm-up request "zero" of warmup.json`. */
  readonly what: string;
  /** Name of the file that it stands in, relative to the version folder. */
  readonly file: string;
  readonly call: Call;
  readonly body: Buffer;
  /** What the answer must be. */
  readonly expected?: { readonly answer: JsonTree; readonly tolerance: number };
}

/**
 * The warm-up requests in a version folder, in the order of their files; none where there is no such file. `warmup.json`
 * holds `{"requests": [{"name", "method", "body", "expected", "tolerance"}]}`: bodies of REST calls of `predict` (the
 * default), `classify` or `regress`, and, where the answer is to be checked, the body of the response. Both may hold
 * `NaN` and `Infinity`. Tolerances: see compare-json.ts.
 * @param folder native path of the version folder.
 * @param onReading is called before each record, or file of ours, is read; not where there is none.
 * @throws ServingError DATA_LOSS, INVALID_ARGUMENT or UNIMPLEMENTED for a file that cannot be used; no message holds the
 *   folder.
 */
export async function* readWarmUpRequests(
  folder: string,
  onReading: () => void = () => undefined,
): AsyncGenerator<WarmUpRequest, void, undefined> {
  yield* recordedRequests(folder, onReading);
  yield* await goldenRequests(folder, onReading);
}

async function* recordedRequests(
  folder: string,
  onReading: () => void,
): AsyncGenerator<WarmUpRequest, void, undefined> {
  await using file = await openIfThere(folder, RECORDS_FILE, MAX_RECORDS_BYTES);
  if (!file) return;
  onReading();
  let count = 0;
  for await (const record of readTfRecords(file.handle, file.sizeBytes, RECORDS_FILE)) {
    count += 1;
    if (count > MAX_REQUESTS) {
      const message = `Number of warmup records exceeds the maximum (${MAX_REQUESTS}) at ${RECORDS_FILE}`;
      throw new ServingError('INVALID_ARGUMENT', message);
    }
    const logged = readPredictionLog(record);
    if (!logged) {
      throw new ServingError('INVALID_ARGUMENT', `Failed to parse warmup record: ${count} from ${RECORDS_FILE}`);
    }
    yield { what: `warm-up record ${count} of ${RECORDS_FILE}`, file: RECORDS_FILE, ...logged };
    onReading();
  }
}

async function goldenRequests(folder: string, onReading: () => void): Promise<readonly WarmUpRequest[]> {
  const found = (
    await Promise.all(GOLDEN_FILES.map(async (name) => ((await isThere(folder, name)) ? [name] : [])))
  ).flat();
  const [name, other] = found;
  if (name === undefined) return [];
  if (other !== undefined) {
    throw new ServingError('INVALID_ARGUMENT', `there is ${name} as well as ${other}: keep one of them`);
  }
  await using file = await openIfThere(folder, name, MAX_GOLDEN_BYTES);
  if (!file) return [];
  onReading();
  return parseGoldenRequests(decodeUtf8(name, await file.handle.readFile()), name);
}

function decodeUtf8(name: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ServingError('INVALID_ARGUMENT', `${name} is not UTF-8 text`, { cause });
  }
}

/**
 * Reads the text of a `warmup.json`; {@link readWarmUpRequests} says what it holds.
 * @param name of the file, for messages.
 * @throws ServingError INVALID_ARGUMENT that names the place.
 */
export function parseGoldenRequests(text: string, name: string): readonly WarmUpRequest[] {
  let root: JsonTree;
  try {
    root = parseJsonTree(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new ServingError('INVALID_ARGUMENT', `${name}: ${error.message}`, { cause: error });
  }
  const requests = fieldsOf(root, `${name}: the file`, ['requests']).get('requests');
  if (requests?.kind !== 'array') throw wrong(`${name}: requests`, 'must be an array of requests');
  if (requests.items.length > MAX_REQUESTS) throw wrong(`${name}: requests`, `has more than ${MAX_REQUESTS} elements`);
  return requests.items.map((request, index) => goldenRequest(text, request, name, index));
}

const METHODS: ReadonlyMap<string, Call> = new Map([
  ['predict', 'predictJson'],
  ['classify', 'classifyJson'],
  ['regress', 'regressJson'],
]);

function goldenRequest(text: string, request: JsonTree, file: string, index: number): WarmUpRequest {
  const place = `${file}: requests[${index}]`;
  const fields = fieldsOf(request, place, ['name', 'method', 'body', 'expected', 'tolerance']);
  const name = stringOf(fields.get('name'), `${place}.name`) ?? `requests[${index}]`;
  const call = METHODS.get(stringOf(fields.get('method'), `${place}.method`) ?? 'predict');
  if (!call) throw wrong(`${place}.method`, `must be one of ${[...METHODS.keys()].join(', ')}`);
  const body = fields.get('body');
  if (body?.kind !== 'object') throw wrong(`${place}.body`, 'must be the body of a REST call, an object');
  const answer = fields.get('expected');
  const tolerance = numberOf(fields.get('tolerance'), `${place}.tolerance`) ?? DEFAULT_TOLERANCE;
  return {
    what: `warm-up request ${JSON.stringify(name)} of ${file}`,
    file,
    call,
    // As it is written, so that no digit is lost.
    body: Buffer.from(text.slice(body.start, body.end)),
    ...(answer && { expected: { answer, tolerance } }),
  };
}

function fieldsOf(value: JsonTree, place: string, known: readonly string[]): ReadonlyMap<string, JsonTree> {
  if (value.kind !== 'object') throw wrong(place, 'must be an object');
  for (const key of value.entries.keys()) {
    if (!known.includes(key)) throw wrong(place, `has an unknown key ${JSON.stringify(key)}`);
  }
  return value.entries;
}

function stringOf(value: JsonTree | undefined, place: string): string | undefined {
  if (value && value.kind !== 'string') throw wrong(place, 'must be a string');
  return value?.value;
}

function numberOf(value: JsonTree | undefined, place: string): number | undefined {
  if (!value) return undefined;
  const number = value.kind === 'number' ? Number(value.digits) : Number.NaN;
  if (!(number >= 0 && Number.isFinite(number))) throw wrong(place, 'must be a number that is not negative');
  return number;
}

function wrong(place: string, what: string): ServingError {
  return new ServingError('INVALID_ARGUMENT', `${place} ${what}`);
}

interface OpenFile extends AsyncDisposable {
  readonly handle: FileHandle;
  readonly sizeBytes: number;
}

/** @returns undefined where there is no such file. */
async function openIfThere(folder: string, name: string, maxBytes: number): Promise<OpenFile | undefined> {
  const native = nativePath(folder, name);
  try {
    // Before it is opened: to open a pipe would wait for ever.
    const status = await stat(native);
    if (!status.isFile()) throw wrong(name, 'is not a file');
    if (status.size > maxBytes) throw wrong(name, `is larger than ${maxBytes / 2 ** 20} MiB`);
    const handle = await open(native, 'r');
    return { handle, sizeBytes: status.size, [Symbol.asyncDispose]: async () => handle.close() };
  } catch (error) {
    if (error instanceof ServingError) throw error;
    if (isMissing(error)) return undefined;
    throw new ServingError('PERMISSION_DENIED', `${name} cannot be read`, { cause: error });
  }
}

async function isThere(folder: string, name: string): Promise<boolean> {
  try {
    await stat(nativePath(folder, name));
    return true;
  } catch (error) {
    return !isMissing(error);
  }
}

function nativePath(folder: string, name: string): string {
  return path.join(folder, ...name.split('/'));
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
