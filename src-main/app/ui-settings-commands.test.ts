import { homedir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { flagsHelp, parseFlags } from '../config/flags.ts';
import { settingsFromFlags } from '../config/settings.ts';
import { ServableName } from '../contracts/ids.ts';
import { SERVER_SETTINGS, ServerSettings } from '../contracts/ui-settings.ts';
import { createLogThreshold } from './log-threshold.ts';
import { createSettingsCommands } from './ui-settings-commands.ts';

const home = homedir();
const usualDataDirectory = join(home, '.config', 'slipway');
const ADDRESSES = {
  restUrl: 'http://127.0.0.1:8501',
  grpcAddress: '127.0.0.1:8500',
  host: '127.0.0.1',
};

const SAMPLE = ServableName.parse('digits');

async function settingsOf(argv: readonly string[], over: Partial<typeof ADDRESSES> = {}, ssl?: boolean) {
  const files = {
    models: [],
    ...(ssl && { ssl: { serverKey: 'THE KEY', serverCert: 'THE CERTIFICATE', clientVerify: true } }),
  };
  const threshold = createLogThreshold('info');
  const commands = createSettingsCommands({
    catalogue: { removedSamples: () => [SAMPLE], restoreSamples: () => Promise.resolve([SAMPLE]) },
    logThreshold: threshold,
    settings: settingsFromFlags(parseFlags(argv).flags, files),
    dataDirectory: usualDataDirectory,
    homeDirectory: home,
    usualDataDirectory,
    endpoints: () => [{ ...ADDRESSES, ...over }],
    uiOrigin: () => 'http://127.0.0.1:8510',
  });
  const { groups, ports } = ServerSettings.parse(await commands.serverSettings({}, new AbortController().signal));
  const all = groups.flatMap(({ settings }) => settings);
  return { commands, threshold, all, ports, of: (id: string) => all.find((setting) => setting.id === id) };
}

describe('serverSettings', () => {
  it('names flags that there are', () => {
    const known = new Set([...flagsHelp().matchAll(/^ {2}--(\w+)/gmu)].map(([, name]) => name));
    const used: readonly string[] = Object.values(SERVER_SETTINGS).flatMap((flags) => Object.values(flags));
    expect(used.filter((flag) => !known.has(flag))).toEqual([]);
  });

  it('says of a server without flags that everything is as by default', async () => {
    const { all } = await settingsOf([]);
    expect(all.map(({ id, value }) => [id, value])).toEqual(all.map(({ id, fallback }) => [id, fallback]));
    expect(all.length).toBeGreaterThan(30);
  });

  it.each([
    ['--rest_api_port=9000', 'restPort', { kind: 'count', count: 9000 }, { kind: 'count', count: 8501 }],
    ['--port=0', 'grpcPort', { kind: 'unset' }, { kind: 'count', count: 8500 }],
    ['--port=0', 'healthService', { kind: 'unset' }, { kind: 'toggle', isOn: true }],
    ['--total_model_memory_limit_bytes=5', 'memoryLimit', { kind: 'bytes', bytes: 5 }, { kind: 'unset' }],
    ['--file_system_poll_wait_seconds=0.5', 'pollInterval', { kind: 'duration', ms: 500 }, { kind: 'unset' }],
    ['--enable_batching=false', 'batching', { kind: 'toggle', isOn: false }, { kind: 'unset' }],
    ['--rest_api_allowed_hosts=a,b', 'allowedHosts', { kind: 'list', items: ['a', 'b'] }, { kind: 'unset' }],
    ['--record_sample_rate=0.5', 'recordShare', { kind: 'share', share: 0.5 }, { kind: 'share', share: 1 }],
  ])('%s is %s', async (flag, id, value, fallback) => {
    const { of } = await settingsOf([flag]);
    expect(of(id)).toMatchObject({ value, fallback });
  });

  it('lists every open port with its real number, and who reaches it', async () => {
    const { ports } = await settingsOf([], { host: '0.0.0.0', restUrl: 'https://127.0.0.1' }, true);
    expect(ports).toEqual([
      { purpose: 'rest', listensAt: '0.0.0.0:443', address: 'https://127.0.0.1', reach: 'network', encrypted: true },
      { purpose: 'grpc', listensAt: '0.0.0.0:8500', address: '127.0.0.1:8500', reach: 'network', encrypted: true },
      {
        purpose: 'ui',
        listensAt: '127.0.0.1:8510',
        address: 'http://127.0.0.1:8510',
        reach: 'thisComputer',
        encrypted: false,
      },
    ]);
    const closed = await settingsOf([]);
    expect(closed.ports.map(({ reach }) => reach)).toEqual(['thisComputer', 'thisComputer', 'thisComputer']);
  });

  it('says neither keys nor where folders are beyond the home folder', async () => {
    const file = resolve(home, '..', 'elsewhere', 'calls.jsonl');
    const { all, of } = await settingsOf([`--record_file=${file}`], {}, true);
    expect(of('tls')?.value).toEqual({ kind: 'toggle', isOn: true });
    expect(of('recordFile')?.value).toEqual({ kind: 'text', text: `…${sep}calls.jsonl` });
    expect(of('dataDirectory')?.value).toEqual({ kind: 'text', text: ['~', '.config', 'slipway'].join(sep) });
    expect(JSON.stringify(all)).not.toMatch(/THE KEY|THE CERTIFICATE|elsewhere/u);
    expect(JSON.stringify(all)).not.toContain(home);
  });
});

it('changes how much is logged, and brings samples back', async () => {
  const { commands, threshold } = await settingsOf([]);
  const { signal } = new AbortController();
  expect(await commands.logLevel({}, signal)).toEqual({ level: 'info' });
  expect(await commands.setLogLevel({ level: 'debug' }, signal)).toEqual({ level: 'debug' });
  expect(threshold.passes('debug')).toBe(true);
  expect(await commands.logLevel({}, signal)).toEqual({ level: 'debug' });
  expect(await commands.removedSamples({}, signal)).toEqual({ names: ['digits'] });
  expect(await commands.restoreSamples({}, signal)).toEqual({ names: ['digits'] });
});
