import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import { thirdPartyNotices } from './scripts/lib/third-party-notices.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Node's own modules and `electron` are left out of bundles by electron-vite; this one finds its libraries by path. */
const native = ['onnxruntime-node'];

/** Stands in the page wherever a nonce belongs; the UI server puts a fresh one there for each load. */
const NONCE_PLACEHOLDER = '__CSP_NONCE__';

/** Besides what is bundled; Electron's packages bring the notices of Chromium and Node themselves. */
const notices = thirdPartyNotices(at('.'), [...native, 'onnxruntime-common', 'electron', 'tailwindcss']);

const mainEntries = {
  electron: at('src-main/host/electron/main.ts'),
  headless: at('src-main/host/headless/main.ts'),
  worker: at('src-main/inference/worker/main.ts'),
  's3-worker': at('src-main/storage/s3/worker/main.ts'),
  'https-worker': at('src-main/storage/https/worker/main.ts'),
  'load-test-worker': at('src-main/app/load-test-worker.ts'),
  'model-reader-worker': at('src-main/inference/model-reader-worker.ts'),
};

/**
 * Everything but `electron` and `onnxruntime-node` is bundled, so that what is shipped is `out` and one package.
 * The entries of the main build share chunks: `electron.js` and `headless.js` start the same application.
 */
export default defineConfig({
  main: {
    plugins: [notices.collect()],
    build: {
      externalizeDeps: false,
      sourcemap: true,
      rolldownOptions: {
        input: mainEntries,
        external: native,
        output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    plugins: [notices.collect()],
    build: {
      externalizeDeps: false,
      sourcemap: true,
      rolldownOptions: {
        input: { preload: at('src-main/host/electron/preload.ts') },
        // A sandboxed preload must be CommonJS, and in a package of type "module" only `.cjs` is.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: at('src-renderer'),
    html: { cspNonce: NONCE_PLACEHOLDER },
    plugins: [react(), tailwindcss(), notices.collect(), notices.emit()],
    worker: { plugins: () => [notices.collect()] },
    build: {
      outDir: at('out/renderer'),
      emptyOutDir: true,
      // Inlined as data: URLs, scripts and fonts would need a wider content security policy.
      assetsInlineLimit: 0,
      // Each window reads and parses it before its first screen; the server's own code stays readable.
      minify: true,
      rolldownOptions: {
        input: at('src-renderer/index.html'),
        output: {
          codeSplitting: {
            groups: [
              // zod-jitless.ts must have run before any schema is made, in whichever chunk that is: it goes where zod is.
              { name: 'zod', test: /node_modules[\\/]zod[\\/]|zod-jitless/, priority: 1 },
              // What the first screen needs comes as a few files; each part that it shares with others would be one more.
              { name: 'start', tags: ['$initial'] },
            ],
          },
        },
      },
    },
  },
});
