import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { findPortHolder, isSlipway, listenerInNetstat, listeningInodes, programName } from './port-holder.ts';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2135 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41001 1 0000000000000000 100 0 0 10 0
   1: 00000000:2135 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41002 1 0000000000000000 100 0 0 10 0
   2: 0100007F:2135 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 41003 1 0000000000000000 20 4 30 10 -1
   3: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41004 1 0000000000000000 100 0 0 10 0
`;

describe('listeningInodes', () => {
  it.each([
    { port: 8501, inodes: ['41001', '41002'] },
    { port: 80, inodes: ['41004'] },
    { port: 50_000, inodes: [] },
  ])('finds the listeners of port $port, not its connections', ({ port, inodes }) => {
    expect(listeningInodes(TABLE, port)).toEqual(inodes);
  });

  it.each(['', 'garbage', 'sl\n\n'])('finds none in %j', (table) => {
    expect(listeningInodes(table, 80)).toEqual([]);
  });
});

describe('programName', () => {
  it.each([
    { commandLine: '/usr/bin/tensorflow_model_server\0--password=x\0', name: 'tensorflow_model_server' },
    { commandLine: '/usr/bin/node\0/home/ada/app/server.js\0--token\0x\0', name: 'node server.js' },
    { commandLine: 'python3.12\0-m\0http.server\0', name: 'python3.12' },
    { commandLine: 'program\0secret\0', name: 'program' },
    { commandLine: '', name: '' },
    { commandLine: String.raw`C:\Program Files\x\serve.exe`, name: 'serve.exe' },
  ])('of $commandLine is $name', ({ commandLine, name }) => {
    expect(programName(commandLine.split('\0'))).toBe(name);
  });
});

describe('isSlipway', () => {
  it.each([
    [['/opt/Slipway/slipway', '--at-login'], true],
    [['Slipway.exe'], true],
    [['/usr/bin/node', '/home/ada/slipway/out/main/headless.js', '--port=0'], true],
    [['node', 'scripts/slipway.mjs'], true],
    [['electron', String.raw`C:\slipway\out\main\electron.js`], true],
    [['node', 'headless.js'], false],
    [['tensorflow_model_server', '--model_base_path=/slipway'], false],
  ])('%j: %s', (words, expected) => {
    expect(isSlipway(words)).toBe(expected);
  });
});

const NETSTAT = `
Aktive Verbindungen

  Proto  Lokale Adresse         Remoteadresse          Status           PID
  TCP    127.0.0.1:8501         127.0.0.1:50000        HERGESTELLT     11
  TCP    0.0.0.0:135            0.0.0.0:0              ABHÖREN         948
  TCP    127.0.0.1:8501         0.0.0.0:0              ABHÖREN         4242
  TCP    [::1]:8502             [::]:0                 À L’ÉCOUTE      4243
`;

describe('listenerInNetstat', () => {
  it.each([
    { port: 8501, pid: 4242 },
    { port: 8502, pid: 4243 },
    { port: 501, pid: undefined },
    { port: 50_000, pid: undefined },
  ])('port $port: $pid', ({ port, pid }) => {
    expect(listenerInNetstat(NETSTAT, port)).toBe(pid);
  });
});

describe('findPortHolder', () => {
  it('finds the program, and nobody at a port that is free', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(findPortHolder(port)).resolves.toMatchObject({ pid: process.pid, isSlipway: true });
    server.close();
    await once(server, 'close');
    await expect(findPortHolder(port)).resolves.toBeUndefined();
  });
});
