import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
};

/** `assets/index-B8xY_2kQ.js`: the name changes with the content. */
const HASHED = /^\/assets\/.*-[\w-]{8,}\.\w+$/u;

/** One file as it is sent. */
export interface StaticFile {
  readonly body: Buffer;
  readonly contentType: string;
  readonly cacheControl: string;
  /** Whether it is a page, in which the nonce is to be filled. */
  readonly isPage: boolean;
}

/** Files by URL path: `/index.html`, `/assets/index-B8xY_2kQ.js`. */
export type StaticFiles = ReadonlyMap<string, StaticFile>;

/**
 * Reads a folder into memory: a built user interface is small, and a request can then reach nothing but what was there
 * at the start, whatever its path says. Links are left out.
 */
export async function loadStaticFiles(directory: string): Promise<StaticFiles> {
  const files = new Map<string, StaticFile>();
  const walk = async (folder: string, urlPath: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true });
    await Promise.all(
      entries.map(async (entry) => {
        const path = join(folder, entry.name);
        const url = `${urlPath}/${entry.name}`;
        if (entry.isDirectory()) {
          await walk(path, url);
        } else if (entry.isFile()) {
          files.set(url, describeFile(url, await readFile(path)));
        }
      }),
    );
  };
  await walk(directory, '');
  return files;
}

/**
 * Finds the file for a request path (no query). Each file has one spelling only, percent-encoding aside.
 * @returns undefined where there is none.
 */
export function findStaticFile(files: StaticFiles, path: string): StaticFile | undefined {
  try {
    return files.get(path === '/' ? '/index.html' : decodeURIComponent(path));
  } catch {
    return undefined;
  }
}

function describeFile(url: string, body: Buffer): StaticFile {
  const extension = extname(url).toLowerCase();
  const isPage = extension === '.html';
  return {
    body,
    contentType: CONTENT_TYPES[extension] ?? 'application/octet-stream',
    cacheControl: isPage ? 'no-store' : HASHED.test(url) ? 'public, max-age=31536000, immutable' : 'no-cache',
    isPage,
  };
}
