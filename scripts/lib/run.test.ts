import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { inProject } from './project.mjs';
import { run } from './run.mjs';

const LIBRARY = JSON.stringify(new URL('run.mjs', import.meta.url).href);

describe('run', () => {
  it.each([0, 7])('gives exit code %i', async (code) => {
    expect(await run(process.execPath, ['-e', `process.exit(${code})`])).toBe(code);
  });

  it.skipIf(process.platform === 'win32')('gives what a shell gives for a program that a signal ended', async () => {
    expect(await run(process.execPath, ['-e', 'process.kill(process.pid, "SIGKILL")'])).toBe(128 + 9);
  });

  it('rejects where there is no such program', async () => {
    await expect(run(inProject('no-such-program'), [])).rejects.toThrow('ENOENT');
  });
});

describe.skipIf(process.platform === 'win32')('endAsAsked', () => {
  it('lets a signal arrive once that is sent twice', async () => {
    const server = script(`
      endAsAsked();
      let count = 0;
      process.on('SIGTERM', () => { if (++count === 1) setTimeout(() => { console.log(count); process.exit(); }, 50); });
      console.log('up');
      setInterval(() => undefined, 1000);
    `);
    await once(server.stdout, 'data');
    server.kill('SIGTERM');
    server.kill('SIGTERM');
    const [printed] = await once(server.stdout, 'data');
    expect(String(printed).trim()).toBe('1');
  });

  it('ends a process that npm started when the shell between them dies', async () => {
    // The shell's part is played by a process that starts the server, as npm starts a shell, and is killed.
    const inner = `import(${LIBRARY}).then(({ endAsAsked }) => {
      endAsAsked();
      process.on('SIGTERM', () => { console.log('ended'); process.exit(); });
      console.log('up');
      setInterval(() => undefined, 1000);
    });`;
    const shell = script(`
      const { spawn } = await import('node:child_process');
      spawn(process.execPath, ['-e', ${JSON.stringify(inner)}], { stdio: 'inherit' });
      setInterval(() => undefined, 1000);
    `);
    await once(shell.stdout, 'data');
    shell.kill('SIGKILL');
    const [printed] = await once(shell.stdout, 'data');
    expect(String(printed).trim()).toBe('ended');
  });
});

function script(text: string) {
  const source = `import { endAsAsked } from ${LIBRARY};\n${text}`;
  return spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, npm_lifecycle_event: 'serve' },
  });
}
