import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';

/** Of the renderer's folder, where the page and whoever looks into a package find it. */
export const NOTICES_FILE = 'third-party-notices.txt';

/** What of a package is passed on with it. */
interface Notice {
  readonly name: string;
  readonly version: string;
  /** As its package says it (SPDX). */
  readonly licence: string;
  readonly holder: string;
  readonly home: string;
  /** Its licence and notice files, whole; empty where it has none. */
  readonly texts: readonly string[];
}

/**
 * Packages whose native libraries contain the software of others, whose notices the package does not bring: where they are
 * published for each version.
 */
const PUBLISHED_NOTICES: Readonly<Record<string, (version: string) => string>> = {
  'onnxruntime-node': (version) => `https://github.com/microsoft/onnxruntime/blob/v${version}/ThirdPartyNotices.txt`,
};

/** The files whose words have to go with every copy. */
const NOTICE_FILE = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/iu;

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/**
 * Writes the licences of everything that is bundled, or shipped beside the bundles, into one file.
 * @param shipped packages that no bundle contains.
 * @returns `collect` for each build and for the workers of the page, and `emit` for the last build.
 */
export function thirdPartyNotices(
  root: string,
  shipped: readonly string[],
): { readonly collect: () => Plugin; readonly emit: () => Plugin } {
  const folders = new Set(shipped.map((name) => join(root, 'node_modules', name)));
  return {
    collect: () => ({
      name: 'slipway:collect-notices',
      generateBundle() {
        for (const id of this.getModuleIds()) {
          const folder = packageFolder(id);
          if (folder !== undefined) folders.add(folder);
        }
      },
    }),
    emit: () => ({
      name: 'slipway:third-party-notices',
      generateBundle: {
        // After the builds of the workers, which come before this one's own end.
        order: 'post',
        handler() {
          const notices = [...folders].map(noticeOf).toSorted((a, b) => (a.name < b.name ? -1 : 1));
          this.emitFile({ type: 'asset', fileName: NOTICES_FILE, source: noticesText(notices) });
        },
      },
    }),
  };
}

/** @returns undefined for what is no file of a package. */
export function packageFolder(moduleId: string): string | undefined {
  const path = moduleId.replace(/^\0/u, '').replace(/[?#].*$/u, '');
  return /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/@]+)[\\/]/u.exec(path)?.[1];
}

function noticeOf(folder: string): Notice {
  const fields = readObject(join(folder, 'package.json'));
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const named = (value: unknown): string => (isObject(value) ? text(value['name'] ?? value['url']) : text(value));
  return {
    name: text(fields['name']),
    version: text(fields['version']),
    licence: isObject(fields['license']) ? text(fields['license']['type']) : text(fields['license']),
    holder: named(fields['author']),
    home: text(fields['homepage']) || named(fields['repository']),
    texts: readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && NOTICE_FILE.test(entry.name))
      .map(({ name }) => readFileSync(join(folder, name), 'utf8').trim()),
  };
}

function noticesText(notices: readonly Notice[]): string {
  const line = '='.repeat(80);
  const head = 'Slipway contains, or is shipped with, the following open-source packages.';
  const parts = notices.map(({ name, version, licence, holder, home, texts }) => {
    const own = texts.length > 0 ? texts : standardText(licence, holder || name);
    const all = [...own, ...nativeNotices(name, version)];
    return [line, `${name} ${version} (${licence})`, ...(home === '' ? [] : [home]), '', all.join('\n\n')].join('\n');
  });
  return `${[head, ...parts].join('\n\n')}\n`;
}

function nativeNotices(name: string, version: string): readonly string[] {
  const place = PUBLISHED_NOTICES[name]?.(version);
  if (place === undefined) return [];
  const what = `The native libraries of ${name} contain further software, under licences of its own. Its notices are not part of`;
  return [`${what} the package, and so not of this file; for version ${version} they are published at\n${place}`];
}

/** For packages that name a licence and do not bring its text. */
function standardText(licence: string, holder: string): readonly string[] {
  if (licence === 'MIT') return [`Copyright (c) ${holder}`, MIT];
  return [`Copyright ${holder}`, `Licensed under ${licence}: https://spdx.org/licenses/${licence}.html`];
}

function readObject(path: string): Readonly<Record<string, unknown>> {
  const content: unknown = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
  if (!isObject(content)) throw new Error(`${dirname(path)} is no package: what is shipped must say its licence`);
  return content;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
