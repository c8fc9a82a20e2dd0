import { describe, expect, it } from 'vitest';
import type { ConnectionForm } from './connection-form.ts';
import { newForm, readForm, suggestedName, withChange, withPreset, withUrl } from './connection-form.ts';

const minio: ConnectionForm = {
  ...newForm('minio'),
  endpoint: 'http://localhost:9000',
  credentials: 'environment',
};
const KEYS = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'not to be seen' };

const problemsOf = (form: ConnectionForm, hasStoredKeys = false) => {
  const read = readForm(form, undefined, hasStoredKeys);
  return 'problems' in read ? read.problems : {};
};

describe('readForm', () => {
  it('leaves out what was not filled in, and names what has no name', () => {
    expect(readForm(minio, undefined, false)).toEqual({
      draft: {
        name: 'localhost',
        preset: 'minio',
        endpoint: 'http://localhost:9000',
        region: 'us-east-1',
        addressing: 'path',
        verifyTls: true,
        requesterPays: false,
        credentials: { kind: 'environment' },
      },
    });
  });

  it.each([
    ['an endpoint without a scheme', { endpoint: 'localhost:9000' }, 'endpoint'],
    ['an endpoint with a login', { endpoint: 'http://ada:pw@localhost:9000' }, 'endpoint'],
    ['a store that has no address of its own', { endpoint: ' ' }, 'endpoint'],
    ['a region with blanks', { region: 'eu central' }, 'region'],
    ['a start that is no URI', { startUri: 'bucket/models' }, 'startUri'],
    ['a bucket whose name is too short', { startUri: 's3://ml/models' }, 'startUri'],
    ['no profile', { credentials: 'profile' as const }, 'profile'],
    ['no keys', { credentials: 'keys' as const }, 'keys'],
    ['a proxy that is no URL', { proxy: 'proxy' }, 'proxy'],
    ['a name that is too long', { name: 'x'.repeat(65) }, 'name'],
  ])('%s', (_, change, field) => {
    expect(Object.keys(problemsOf({ ...minio, ...change }))).toEqual([field]);
  });

  it('names every field at once', () => {
    expect(Object.keys(problemsOf({ ...minio, endpoint: 'x', region: '?', startUri: 'y' })).toSorted()).toEqual([
      'endpoint',
      'region',
      'startUri',
    ]);
  });

  it('takes typed keys, and the stored ones without saying them', () => {
    const form: ConnectionForm = { ...minio, credentials: 'keys' };
    expect(readForm(form, KEYS, false)).toMatchObject({ draft: { credentials: { kind: 'keys', keys: KEYS } } });
    expect(readForm(form, undefined, true)).toMatchObject({ draft: { credentials: { kind: 'keys' } } });
    expect(problemsOf(form, true)).toEqual({});
  });
});

describe('withPreset', () => {
  it('replaces what the kind before had filled in', () => {
    expect(withPreset(minio, 'garage')).toMatchObject({ region: 'garage', endpoint: 'http://localhost:9000' });
    expect(withPreset({ ...minio, region: 'lab' }, 'garage')).toMatchObject({ region: 'lab' });
    expect(withPreset(minio, 'aws')).toMatchObject({ endpoint: '', region: '', addressing: 'auto' });
  });
});

describe('withUrl', () => {
  it('fills in all that the URL says', () => {
    const url = {
      uri: 's3://lab/prod',
      bucket: 'lab',
      key: 'prod',
      preset: 'minio' as const,
      endpoint: 'http://10.0.0.5:9000',
      addressing: 'path' as const,
      notes: [],
    };
    expect(withUrl({ ...newForm('aws'), name: 'lab' }, url)).toMatchObject({
      name: 'lab',
      preset: 'minio',
      endpoint: 'http://10.0.0.5:9000',
      startUri: 's3://lab/prod',
      addressing: 'path',
    });
  });

  it('takes a bare URI as a place in the store of the form', () => {
    const url = { uri: 's3://lab/prod', bucket: 'lab', key: 'prod', preset: 'aws' as const, notes: [] };
    expect(withUrl(minio, url)).toEqual({ ...minio, startUri: 's3://lab/prod' });
  });
});

describe('withChange', () => {
  it('changes what the fix names, and empties what it says null of', () => {
    expect(withChange(minio, { region: 'eu-central-1' })).toEqual({ ...minio, region: 'eu-central-1' });
    expect(withChange(minio, { endpoint: null, addressing: 'virtual' })).toMatchObject({
      endpoint: '',
      addressing: 'virtual',
      region: 'us-east-1',
    });
    expect(withChange(minio, { credentials: { kind: 'anonymous' } })).toMatchObject({ credentials: 'anonymous' });
  });
});

describe('suggestedName', () => {
  it.each([
    [minio, 'localhost'],
    [{ ...newForm('aws'), startUri: 's3://lab/prod' }, 'lab'],
    [newForm('aws'), 'AWS'],
  ])('%#', (form, name) => {
    expect(suggestedName(form)).toBe(name);
  });
});
