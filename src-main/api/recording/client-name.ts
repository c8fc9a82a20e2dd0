/** Longer names are cut. */
const MAX_CLIENT = 40;
/** Longer texts are not looked into. */
const MAX_LOOKED_AT = 512;
/** Browsers call themselves by each other's names; the one that tells them apart comes first. */
const BROWSERS = ['Electron', 'Edg', 'OPR', 'Firefox', 'HeadlessChrome', 'Chrome', 'Safari'];
/** What shows nothing, or shows in another place than it stands: control and format characters. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/**
 * The product of a User-Agent, with its version: `curl/8.5.0` of `curl/8.5.0`, `grpc-python/1.60.0` of
 * `grpc-python/1.60.0 grpc-c/37.0.0 (linux; chttp2)`, `Chrome/120.0.0.0` of what such a browser says.
 * @returns undefined where it says nothing.
 */
export function clientName(userAgent: string | undefined): string | undefined {
  if (userAgent === undefined) return undefined;
  // A comment in brackets tells of the system, not of the program.
  const products = userAgent
    .slice(0, MAX_LOOKED_AT)
    .replaceAll(/\([^)]*\)?/gu, ' ')
    .replaceAll(UNSEEN, ' ')
    .split(' ')
    .filter((word) => word !== '');
  const [first] = products;
  if (first === undefined) return undefined;
  const browser = first.startsWith('Mozilla/')
    ? BROWSERS.flatMap((name) => products.filter((product) => product.startsWith(`${name}/`)))[0]
    : undefined;
  return (browser ?? first).slice(0, MAX_CLIENT).toWellFormed();
}
