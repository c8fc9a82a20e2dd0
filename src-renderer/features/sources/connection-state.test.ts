import { describe, expect, it } from 'vitest';
import { NOW_MS } from '../../testing/fixtures.ts';
import { connection, root, test } from './testing/fixtures.ts';
import { connectionState, splitCode, storeText } from './connection-state.ts';

const ID = connection('lab').id;

describe('connectionState', () => {
  it.each([
    ['untested', [], []],
    ['works', [test({ connection: ID, state: 'ok' })], []],
    ['failed', [test({ connection: ID, state: 'failed' }), test({ connection: ID, state: 'ok' })], []],
    ['untested', [test({ state: 'ok' })], []],
    ['failed', [test({ connection: ID, state: 'failed' })], [root('s3://ml', { connection: ID })]],
    ['works', [test({ connection: ID, state: 'failed' })], [root('s3://ml', { connection: ID, polledAtMs: NOW_MS })]],
    ['error', [test({ connection: ID, state: 'ok' })], [root('s3://ml', { connection: ID, status: 'error' })]],
    ['testing', [test({ connection: ID })], [root('s3://ml', { connection: ID, status: 'error' })]],
    ['offline', [], [root('s3://ml', { connection: ID, status: 'error', offlineSinceMs: NOW_MS })]],
    ['untested', [], [root('/home/ada/models'), root('s3://other', { connection: connection('other').id })]],
  ] as const)('%s', (state, tests, roots) => {
    expect(connectionState(ID, { connections: [], tests, roots })).toBe(state);
  });

  it('broken', () => {
    const connections = [connection('lab', { problem: 'the keys can no longer be read' })];
    expect(connectionState(ID, { connections, tests: [], roots: [root('s3://ml', { connection: ID })] })).toBe(
      'broken',
    );
  });
});

describe('splitCode', () => {
  it.each([
    ['s3://ml: denied (HTTP 403). Ask for it. [S3_LIST_DENIED]', 'S3_LIST_DENIED'],
    ['the folder is [gone] for ever', undefined],
  ])('%s', (message, code) => {
    const split = splitCode(message);
    expect(split.code).toBe(code);
    expect(message.startsWith(split.text)).toBe(true);
    expect(split.text).not.toContain('S3_');
  });
});

describe('storeText', () => {
  it.each([
    [{ preset: 'minio' as const, endpoint: 'http://10.0.0.5:9000' }, 'MinIO · 10.0.0.5:9000'],
    [{ preset: 'aws' as const, startUri: 's3://ml/prod' }, 'AWS · s3://ml/prod'],
    [{ preset: 'aws' as const }, 'AWS'],
  ])('%#', (over, text) => {
    expect(storeText(connection('x', over))).toBe(text);
  });
});
