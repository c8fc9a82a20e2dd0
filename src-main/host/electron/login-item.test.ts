import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoginItemSettings, Settings } from 'electron';
import { describe, expect, it } from 'vitest';
import { createLoginItem, execWord, type LoginItemOptions } from './login-item.ts';
import { testFolder } from './testing/run-shell.ts';

function appStub(state: Partial<LoginItemSettings> = {}, isPackaged = true) {
  const given: Settings[] = [];
  const app: LoginItemOptions['app'] = {
    isPackaged,
    setLoginItemSettings: (settings) => void given.push(settings),
    getLoginItemSettings: () => ({
      openAtLogin: false,
      wasOpenedAtLogin: false,
      status: 'not-registered',
      executableWillLaunchAtLogin: false,
      launchItems: [],
      ...state,
    }),
  };
  return { app, given };
}

const base = { env: {}, homeDirectory: '/home/ann', program: '/opt/Slipway/slipway' };

describe('on macOS and Windows', () => {
  it.each([
    ['darwin', { openAtLogin: true, status: 'enabled' }, { isOn: true }],
    ['darwin', {}, { isOn: false }],
    ['win32', { openAtLogin: true, executableWillLaunchAtLogin: false }, { isOn: false }],
    ['win32', { executableWillLaunchAtLogin: true }, { isOn: true }],
  ] as const)('%s says what the system says: %j', async (platform, state, expected) => {
    await expect(createLoginItem({ ...base, platform, app: appStub(state).app }).read()).resolves.toEqual(expected);
  });

  it('says what macOS wants of the user', async () => {
    const { app } = appStub({ status: 'requires-approval' });
    const state = await createLoginItem({ ...base, platform: 'darwin', app }).read();
    expect(state.problem).toContain('System Settings');
  });

  it.each([
    ['darwin', { openAtLogin: true }],
    ['win32', { openAtLogin: true, args: ['--at-login'] }],
  ] as const)('%s is asked to start it', async (platform, settings) => {
    const { app, given } = appStub();
    await createLoginItem({ ...base, platform, app }).set(true);
    expect(given).toEqual([settings]);
  });
});

describe('on Linux', () => {
  async function linux(env: Readonly<Record<string, string>> = {}) {
    const config = await testFolder();
    const options = { ...base, platform: 'linux' as const, app: appStub().app };
    const item = createLoginItem({ ...options, env: { XDG_CONFIG_HOME: config, ...env } });
    return { item, file: join(config, 'autostart', 'slipway.desktop') };
  }

  it('is a file of ours', async () => {
    const { item, file } = await linux();
    await expect(item.read()).resolves.toEqual({ isOn: false });
    await item.set(true);
    await expect(item.read()).resolves.toEqual({ isOn: true });
    expect(await readFile(file, 'utf8')).toContain('Exec="/opt/Slipway/slipway" --at-login\n');
    await item.set(false);
    await item.set(false);
    await expect(item.read()).resolves.toEqual({ isOn: false });
  });

  it('starts the image of an AppImage, not what is in it', async () => {
    const { item, file } = await linux({ APPIMAGE: '/home/ann/My Apps/slipway.AppImage' });
    await item.set(true);
    expect(await readFile(file, 'utf8')).toContain('Exec="/home/ann/My Apps/slipway.AppImage" --at-login\n');
  });

  it.each(['Hidden=true', 'X-GNOME-Autostart-enabled=false'])('is off when the desktop wrote %s', async (line) => {
    const { item, file } = await linux();
    await item.set(true);
    await writeFile(file, `[Desktop Entry]\nType=Application\n${line}\n`);
    await expect(item.read()).resolves.toEqual({ isOn: false });
  });
});

it('is for the installed app only', async () => {
  const item = createLoginItem({ ...base, platform: 'linux', app: appStub({}, false).app });
  const state = await item.read();
  expect(state).toMatchObject({ isOn: false, problem: expect.stringContaining('installed') });
  await expect(item.set(true)).rejects.toThrow('installed');
});

describe('execWord', () => {
  it.each([
    ['/opt/a b', '"/opt/a b"'],
    ['/opt/100%', '"/opt/100%%"'],
    ['/opt/$HOME"`', String.raw`"/opt/\\$HOME\\"\\` + '`"'],
    [String.raw`/opt/a\b`, String.raw`"/opt/a\\\\b"`],
  ])('%s', (word, written) => {
    expect(execWord(word)).toBe(written);
  });
});
