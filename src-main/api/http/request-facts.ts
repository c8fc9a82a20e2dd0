/** The request headers that decide whether and how a request is read, picked out in one pass. */
export interface RequestFacts {
  /** The last Host header's value and how many there were. */
  readonly host: string | undefined;
  readonly hostCount: number;
  readonly origin: string | undefined;
  readonly originCount: number;
  /** The values of all Authorization headers. */
  readonly authorization: readonly string[];
  /** Fetch metadata of browsers, lower case (W3C Fetch Metadata Request Headers). */
  readonly fetchSite: string | undefined;
  readonly fetchMode: string | undefined;
  readonly fetchDest: string | undefined;
  /** Lower case; empty where the body comes as it is. */
  readonly contentEncoding: string;
  /** As it came; empty where there is none. */
  readonly acceptEncoding: string;
  /** Whether the body's transfer coding is another than `chunked`, which is all that is decoded. */
  readonly hasForeignTransferCoding: boolean;
  /** What the client calls itself, as it came; undefined where it does not say. */
  readonly userAgent: string | undefined;
  /** Bytes announced, before inflation; undefined for a chunked body and where there is none. */
  readonly contentLength: number | undefined;
  readonly hasBody: boolean;
}

/**
 * Whether a page of the very origin that is called asks, over HTTP without TLS. The guard lets pass the pages of all names
 * of this computer, and one under another name is still another page.
 */
export function isFromOwnPage({ host, origin }: RequestFacts): boolean {
  return host !== undefined && origin === `http://${host}`;
}

const NONE: readonly string[] = [];

/**
 * Reads the facts from `IncomingMessage.rawHeaders` (name, value, name, value …). It sees repeated headers that
 * `IncomingMessage.headers` hides, and is cheaper than having Node build that object for every request.
 */
export function readRequestFacts(rawHeaders: readonly string[]): RequestFacts {
  let host: string | undefined;
  let hostCount = 0;
  let origin: string | undefined;
  let originCount = 0;
  let authorization = NONE;
  let fetchSite: string | undefined;
  let fetchMode: string | undefined;
  let fetchDest: string | undefined;
  let contentEncoding = '';
  let acceptEncoding = '';
  let userAgent: string | undefined;
  let hasForeignTransferCoding = false;
  let contentLength: number | undefined;
  let hasBody = false;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const value = rawHeaders[index + 1] ?? '';
    // Only names of these lengths matter; the others need not be lower-cased.
    switch (name.length) {
      case 4:
        if (name.toLowerCase() === 'host') {
          host = value;
          hostCount += 1;
        }
        break;
      case 6:
        if (name.toLowerCase() === 'origin') {
          origin = value;
          originCount += 1;
        }
        break;
      case 13:
        if (name.toLowerCase() === 'authorization') authorization = [...authorization, value];
        break;
      case 10:
        if (name.toLowerCase() === 'user-agent') userAgent ??= value;
        break;
      case 14:
        switch (name.toLowerCase()) {
          case 'content-length':
            contentLength = Number(value);
            hasBody = contentLength > 0;
            break;
          case 'sec-fetch-site':
            // A second value can only come from something other than a browser; joined, it matches nothing.
            fetchSite = fetchSite === undefined ? value.toLowerCase() : `${fetchSite},${value}`;
            break;
          case 'sec-fetch-mode':
            fetchMode = value.toLowerCase();
            break;
          case 'sec-fetch-dest':
            fetchDest = value.toLowerCase();
            break;
          default:
        }
        break;
      case 15:
        if (name.toLowerCase() === 'accept-encoding') {
          acceptEncoding = acceptEncoding === '' ? value : `${acceptEncoding}, ${value}`;
        }
        break;
      case 16:
        if (name.toLowerCase() === 'content-encoding') {
          contentEncoding = contentEncoding === '' ? value.trim().toLowerCase() : `${contentEncoding}, ${value}`;
        }
        break;
      case 17:
        if (name.toLowerCase() === 'transfer-encoding') {
          hasBody = true;
          if (value.toLowerCase() !== 'chunked') hasForeignTransferCoding = true;
        }
        break;
      default:
    }
  }
  return {
    host,
    hostCount,
    origin,
    originCount,
    authorization,
    fetchSite,
    fetchMode,
    fetchDest,
    contentEncoding,
    acceptEncoding,
    userAgent,
    hasForeignTransferCoding,
    contentLength,
    hasBody,
  };
}
