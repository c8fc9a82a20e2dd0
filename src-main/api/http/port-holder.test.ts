import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  findPortHolder,
  isSlipway,
  listenerInLsof,
  listenerInNetstat,
  listeningInodes,
  programName,
} from './port-holder.ts';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2135 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41001 1 0000000000000000 100 0 0 10 0
   1: 00000000:2135 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41002 1 0000000000000000 100 0 0 10 0
   2: 0100007F:2135 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 41003 1 0000000000000000 20 4 30 10 -1
   3: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41004 1 0000000000000000 100 0 0 10 0
`;

const TABLE6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:2135 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 51001 1 0 100 0 0 10 0
   1: 0000000000000000FFFF00000100007F:2135 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 51002 1 0 100 0 0 10 0
   2: 000000FD000000000000000002000000:2135 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 51003 1 0 100 0 0 10 0
`;

describe('listeningInodes', () => {
  it.each([
    { address: '127.0.0.1', port: 8501, inodes: ['41001', '41002'] },
    { address: '192.168.1.20', port: 8501, inodes: ['41002'] },
    { address: '0.0.0.0', port: 8501, inodes: ['41002', '41001'] },
    { address: '127.0.0.1', port: 80, inodes: ['41004'] },
    { address: '192.168.1.20', port: 80, inodes: [] },
    { address: '127.0.0.1', port: 50_000, inodes: [] },
  ])('finds who is in the way of $address:$port, not connections', ({ address, port, inodes }) => {
    expect(listeningInodes(TABLE, address, port)).toEqual(inodes);
  });

  it.each([
    { address: '::1', inodes: ['51001'] },
    { address: 'fd00::2', inodes: ['51003'] },
    { address: '127.0.0.1', inodes: ['51002'] },
    { address: '::', inodes: ['51001', '51002', '51003'] },
  ])('finds who is in the way of $address of IPv6', ({ address, inodes }) => {
    expect(listeningInodes(TABLE6, address, 8501)).toEqual(inodes);
  });

  it.each(['', 'garbage', 'sl\n\n'])('finds none in %j', (table) => {
    expect(listeningInodes(table, '127.0.0.1', 80)).toEqual([]);
  });
});

describe('listenerInLsof', () => {
  const LSOF = 'p11\nf20\nn127.0.0.1:8501\np12\nf21\nn[::1]:8501\np13\nf22\nn*:8502\n';
  it.each([
    ['127.0.0.1', 8501, 11],
    ['::1', 8501, 12],
    ['192.168.1.20', 8501, undefined],
    ['192.168.1.20', 8502, 13],
    ['0.0.0.0', 8501, 11],
  ] as const)('%s:%d: %s', (address, port, pid) => {
    expect(listenerInLsof(LSOF, address, port)).toBe(pid);
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
    { address: '127.0.0.1', port: 8501, pid: 4242 },
    { address: '192.168.1.20', port: 8501, pid: undefined },
    { address: '192.168.1.20', port: 135, pid: 948 },
    { address: '::1', port: 8502, pid: 4243 },
    { address: '127.0.0.1', port: 501, pid: undefined },
    { address: '127.0.0.1', port: 50_000, pid: undefined },
  ])('$address, port $port: $pid', ({ address, port, pid }) => {
    expect(listenerInNetstat(NETSTAT, address, port)).toBe(pid);
  });
});

describe('findPortHolder', () => {
  it('finds the program, and nobody at a port that is free', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(findPortHolder('127.0.0.1', port)).resolves.toMatchObject({ pid: process.pid, isSlipway: true });
    await expect(findPortHolder('127.0.0.2', port)).resolves.toBeUndefined();
    server.close();
    await once(server, 'close');
    await expect(findPortHolder('127.0.0.1', port)).resolves.toBeUndefined();
  });
});
