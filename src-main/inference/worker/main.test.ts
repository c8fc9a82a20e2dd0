import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** Names each module of zod on standard output before it is loaded. */
const TELL_ZOD = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    load(url, context, next) {
      if (url.includes('/node_modules/zod/')) console.log(url.slice(url.indexOf('/zod/') + 1));
      return next(url, context);
    },
  });`)}`;

it('loads the small API of zod only, and says what is wrong with its environment', () => {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', TELL_ZOD, join(import.meta.dirname, 'main.ts')],
    { encoding: 'utf8', env: { ...process.env, SLIPWAY_WORKER_ID: 'w' } },
  );
  const modules = stdout.trim().split('\n');
  expect(modules).toContain('zod/mini/index.js');
  expect(modules.filter((name) => name.includes('/classic/'))).toEqual([]);
  expect(stderr).toContain('expected string, received undefined');
  expect(status).toBe(70);
});
