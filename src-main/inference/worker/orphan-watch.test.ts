import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import { expect, it } from 'vitest';

const WATCH = pathToFileURL(path.join(import.meta.dirname, 'orphan-watch.ts')).href;
/** Does not come back to its event loop before the test is over. */
const BUSY = `
  import { writeSync } from 'node:fs';
  const { startOrphanWatch } = await import(${JSON.stringify(WATCH)});
  startOrphanWatch(50);
  writeSync(1, 'busy');
  for (const end = Date.now() + 60_000; Date.now() < end;);`;
const PARENT = `
  import { spawn } from 'node:child_process';
  spawn(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(BUSY)}], { stdio: ['ignore', 1, 2] });`;

it('ends a process that is busy for ever when its parent is killed', { timeout: 30_000 }, async () => {
  const parent = spawn(process.execPath, ['--input-type=module', '-e', PARENT], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [chunk]: unknown[] = await once(parent.stdout, 'data');
  expect(String(chunk)).toBe('busy');
  // The last process that has the pipe open closes it by ending.
  const closed = once(parent.stdout.resume(), 'close');
  parent.kill('SIGKILL');
  await closed;
  expect(parent.signalCode).toBe('SIGKILL');
});
