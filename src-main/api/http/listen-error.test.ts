import { describe, expect, it } from 'vitest';
import { describeListenError, listeningInodes, programName } from './listen-error.ts';

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
  ])('of $commandLine is $name', ({ commandLine, name }) => {
    expect(programName(commandLine)).toBe(name);
  });
});

describe('describeListenError', () => {
  it.each([
    { code: 'EACCES', expected: 'PERMISSION_DENIED', message: /^port 80 on 127\.0\.0\.1 .* --ui_port$/u },
    { code: 'EADDRNOTAVAIL', expected: 'INVALID_ARGUMENT', message: /127\.0\.0\.1 is no address .* --host$/u },
    { code: 'EMFILE', expected: 'UNAVAILABLE', message: /^cannot listen on port 80 of 127\.0\.0\.1 \(EMFILE\)$/u },
    { code: undefined, expected: 'UNAVAILABLE', message: /unknown error/u },
  ])('$code becomes $expected', async ({ code, expected, message }) => {
    const thrown = Object.assign(new Error('listen'), { code });
    const error = await describeListenError(thrown, { host: '127.0.0.1', port: 80, portFlag: 'ui_port' });
    expect(error.code).toBe(expected);
    expect(error.message).toMatch(message);
    expect(error.cause).toBe(thrown);
  });
});
