import { parseServableVersion, ServableName, type ServableVersion } from '../../contracts/ids.ts';
import type { InferenceMethod } from '../../contracts/model-servable.ts';
import { pathOf } from '../http/guard.ts';

/** What a model route names. At most one of version and label is set. */
export interface ModelTarget {
  readonly name: ServableName;
  readonly version: ServableVersion | undefined;
  readonly label: string | undefined;
}

/** The methods of a model that REST has. */
export type RestMethod = Exclude<InferenceMethod, 'multi_inference'>;

/** What one request asks for. */
export type Route =
  | { readonly kind: 'inference'; readonly method: RestMethod; readonly target: ModelTarget }
  | { readonly kind: 'status'; readonly target: ModelTarget }
  | { readonly kind: 'metadata'; readonly target: ModelTarget }
  | { readonly kind: 'models' }
  | { readonly kind: 'missingName' }
  | { readonly kind: 'health' }
  | { readonly kind: 'readiness' }
  | { readonly kind: 'metrics' }
  | { readonly kind: 'preflight' }
  | { readonly kind: 'methodNotAllowed'; readonly allowed: string }
  | { readonly kind: 'malformed'; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string };

/** Methods that some route answers. */
export const METHODS = 'GET, HEAD, POST, OPTIONS';

// Source: TensorFlow Serving model_servers/http_rest_api_handler.cc; full match without regard to case.
const INFERENCE =
  /^\/v1\/models\/([^/:]+)(?:(?:\/versions\/(\d+))|(?:\/labels\/([^/:]+)))?:(classify|regress|predict)$/iu;
const STATUS = /^\/v1\/models(?:\/([^/:]+))?(?:(?:\/versions\/(\d+))|(?:\/labels\/([^/:]+)))?(?:\/(metadata))?$/iu;

const OWN_PATHS: ReadonlyMap<string, 'health' | 'readiness'> = new Map([
  ['/healthz', 'health'],
  ['/readyz', 'readiness'],
]);

/**
 * Reads a request target as TensorFlow Serving does: routes match without regard to case, the method's name does not;
 * name and label are percent-decoded after the match, so a model `a/b` is reached as `a%2Fb`.
 * Deviations: the query never breaks a route, HEAD is GET, `/v1/models` lists the models, and a version that exceeds
 * int64 gets an error with a body, as does an escape that is none.
 * @param metricsPath the path of the metrics' page, where there is one.
 */
export function parseRoute(method: string, url: string, metricsPath?: string): Route {
  const path = pathOf(url);
  if (method === 'OPTIONS') return { kind: 'preflight' };
  const reads = method === 'GET' || method === 'HEAD';
  const own = path === metricsPath ? 'metrics' : OWN_PATHS.get(path);
  if (own !== undefined) return reads ? { kind: own } : { kind: 'methodNotAllowed', allowed: 'GET, HEAD, OPTIONS' };
  if (!/^\/v1\//iu.test(path)) return { kind: 'unknown', message: `Not found: ${path}` };

  const malformed: Route = { kind: 'malformed', message: `Malformed request: ${method} ${path}` };
  if (method === 'POST') {
    const match = INFERENCE.exec(path);
    if (match === null) return malformed;
    const target = readTarget(match[1] ?? '', match[2], match[3]);
    const wanted = match[4];
    if (target === undefined || !isRestMethod(wanted)) return malformed;
    if (typeof target === 'string') return { kind: 'malformed', message: target };
    return { kind: 'inference', method: wanted, target };
  }
  if (!reads) return malformed;
  const match = STATUS.exec(path);
  if (match === null) return malformed;
  if (match[1] === undefined) {
    return /^\/v1\/models$/iu.test(path) ? { kind: 'models' } : { kind: 'missingName' };
  }
  const target = readTarget(match[1], match[2], match[3]);
  if (target === undefined) return malformed;
  if (typeof target === 'string') return { kind: 'malformed', message: target };
  return { kind: match[4] === 'metadata' ? 'metadata' : 'status', target };
}

function isRestMethod(text: string | undefined): text is RestMethod {
  return text === 'predict' || text === 'classify' || text === 'regress';
}

/** @returns what is wrong where TensorFlow Serving has words for it, undefined for another malformed target. */
function readTarget(
  name: string,
  versionText: string | undefined,
  labelText: string | undefined,
): ModelTarget | string | undefined {
  const parsedName = ServableName.safeParse(percentDecode(name));
  if (!parsedName.success) return undefined;
  const version = versionText === undefined ? undefined : parseServableVersion(versionText);
  // Wording: TensorFlow Serving model_servers/http_rest_api_util.cc ParseModelInfo; its clients get an empty body.
  if (versionText !== undefined && version === undefined) {
    return `Failed to convert version: ${versionText} to numeric.`;
  }
  const label = labelText === undefined ? undefined : percentDecode(labelText);
  if (labelText !== undefined && label === undefined) return undefined;
  return { name: parsedName.data, version, label };
}

function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Most request targets that are remembered, and the longest of them. */
const MAX_CACHED = 1024;
const MAX_CACHED_CHARACTERS = 256;

/** {@link parseRoute} that remembers the targets of recent POST requests: clients send to few of them, very often. */
export function createRouteReader(metricsPath?: string): (method: string, url: string) => Route {
  const cache = new Map<string, Route>();
  return (method, url) => {
    if (method !== 'POST') return parseRoute(method, url, metricsPath);
    const known = cache.get(url);
    if (known !== undefined) return known;
    const route = parseRoute(method, url, metricsPath);
    if (route.kind === 'inference' && url.length <= MAX_CACHED_CHARACTERS) {
      if (cache.size >= MAX_CACHED) cache.clear();
      cache.set(url, route);
    }
    return route;
  };
}
