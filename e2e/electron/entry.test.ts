import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@playwright/test';
import { z } from 'zod';
import { repositoryPath, temporaryDirectory } from '../testing/slipway.ts';

const Call = z.object({ call: z.string(), value: z.unknown() });

test('the built desktop app starts on a stand-in for Electron, serves and ends in order', async () => {
  await using directory = await temporaryDirectory();
  const dataDirectory = join(directory.path, 'data');
  const child = fork(
    repositoryPath('out/main/electron.js'),
    ['--rest_api_port=0', '--port=0', `--data_dir=${dataDirectory}`],
    {
      execArgv: ['--import', pathToFileURL(repositoryPath('e2e/electron/stand-in/register.ts')).href],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  );
  const exited = once(child, 'exit');
  try {
    const calls: { readonly call: string; readonly value: unknown }[] = [];
    child.on('message', (message) => calls.push(Call.parse(message)));
    const trayMenu = (): string => String(calls.findLast(({ call }) => call === 'tray')?.value);

    await expect.poll(trayMenu, { timeout: 30_000 }).toMatch(/half_plus_three: version 123(?:,|$)/u);
    await expect.poll(trayMenu).toMatch(/half_plus_two: version \d+(?:,|$)/u);
    expect(calls.map(({ call }) => call).slice(0, 2)).toEqual(['setPath', 'lock']);
    expect(calls[0]?.value).toEqual(['userData', join(dataDirectory, 'chromium')]);
    expect(calls.find(({ call }) => call === 'loadURL')?.value).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/ui\/sign-in\?token=/u,
    );

    // The page is there and needs the session, and the worker, which is a utility process, answers.
    const [restUrl = ''] = /http:\/\/[\d.:]+/u.exec(trayMenu()) ?? [];
    const answer = await fetch(`${restUrl}/v1/models/half_plus_three:predict`, {
      method: 'POST',
      body: JSON.stringify({ instances: [2] }),
    });
    expect(await answer.json()).toEqual({ predictions: [4] });

    expect(calls.filter(({ call }) => call === 'error')).toEqual([]);
    // A process of Windows cannot be asked to end from outside: there the suite in real Electron asks the app itself.
    if (process.platform === 'win32') return;
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(JSON.parse(await readFile(join(dataDirectory, 'state.json'), 'utf8'))).toEqual({
      '1920x1080@0,0': { bounds: { x: 0, y: 0, width: 1920, height: 1080 }, isMaximised: false },
    });
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
});

test('the preload script is one CommonJS file, as a sandboxed page needs it', async () => {
  const source = await readFile(repositoryPath('out/preload/preload.cjs'), 'utf8');
  const required = [...source.matchAll(/require\(["'`]([^"'`]+)["'`]\)/gu)].map(([, name]) => name);
  expect(new Set(required)).toEqual(new Set(['electron']));
  expect(source).not.toMatch(/^\s*(?:import|export)\s/mu);
});
