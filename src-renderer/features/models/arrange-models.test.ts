import { describe, expect, it } from 'vitest';
import type { TrafficBoard } from '#contracts/ui-traffic.ts';
import { modelView, name, NOW_MS, unloadedVersion, versionView } from '../../testing/fixtures.ts';
import type { Arrangement, ListRow } from './arrange-models.ts';
import { arrangeModels, sameRows } from './arrange-models.ts';
import { modelMemory, modelState, requestRate, sourceGroup } from './model-facts.ts';

const error = { code: 'INTERNAL', message: 'no' };
const memory = (estimatedBytes: number, measuredBytes?: number) => ({
  memory: { estimatedBytes, ...(measuredBytes !== undefined && { measuredBytes }) },
});
const models = [
  modelView('m2', [versionView('1', memory(9, 5))], { basePath: 's3://ml/prod/m2' }),
  modelView('m10', [unloadedVersion('2', 'loading', memory(7)), versionView('1', memory(1, 1))]),
  modelView('broken', [unloadedVersion('1', 'end', { error })], { basePath: 's3://ml/prod/broken' }),
  modelView('off', [unloadedVersion('1', 'end')]),
];
const traffic: TrafficBoard = {
  atMs: NOW_MS,
  lastRequest: 1,
  models: [
    { name: name('m2'), perSecond: [0, 0, 2], p95Ms: 40, clientErrors: 0, serverErrors: 0 },
    { name: name('m10'), perSecond: [9, 9, 9], p95Ms: 3, clientErrors: 0, serverErrors: 0 },
  ],
};
const PLAIN: Arrangement = { grouping: 'none', sort: undefined, folded: new Set() };
const shown = (rows: readonly ListRow[]): readonly string[] =>
  rows.map((row) => (row.kind === 'model' ? row.name : `${row.title} ${row.count}/${row.errors}`));

describe('arrangeModels', () => {
  it.each<{ when: string; over: Partial<Arrangement>; rows: readonly string[] }>([
    { when: 'without a sort, as the server has them', over: {}, rows: ['m2', 'm10', 'broken', 'off'] },
    {
      when: 'by name, numbers as numbers',
      over: { sort: { key: 'name', direction: 'ascending' } },
      rows: ['broken', 'm2', 'm10', 'off'],
    },
    {
      when: 'by state, the worst first',
      over: { sort: { key: 'state', direction: 'ascending' } },
      rows: ['broken', 'm10', 'm2', 'off'],
    },
    {
      when: 'by memory; what takes none is last',
      over: { sort: { key: 'memory', direction: 'descending' } },
      rows: ['m10', 'm2', 'broken', 'off'],
    },
    {
      when: 'by requests, upwards; what has none is still last',
      over: { sort: { key: 'requests', direction: 'ascending' } },
      rows: ['m2', 'm10', 'broken', 'off'],
    },
    {
      when: 'by p95',
      over: { sort: { key: 'p95', direction: 'ascending' } },
      rows: ['m10', 'm2', 'broken', 'off'],
    },
    {
      when: 'by source',
      over: { sort: { key: 'source', direction: 'descending' } },
      rows: ['m2', 'broken', 'off', 'm10'],
    },
    {
      when: 'in groups by source',
      over: { grouping: 'source' },
      rows: ['s3://ml/prod 2/1', 'm2', 'broken', '/home/ada/models 2/0', 'm10', 'off'],
    },
    {
      when: 'in groups by state, one of them folded',
      over: { grouping: 'state', folded: new Set(['state:busy']) },
      rows: ['With errors 1/0', 'broken', 'Changing 1/0', 'Serving 1/0', 'm2', 'Not serving 1/0', 'off'],
    },
  ])('$when', ({ over, rows }) => {
    expect(shown(arrangeModels(models, { ...PLAIN, ...over }, traffic))).toEqual(rows);
  });

  it('tells what is shown apart from what only happened', () => {
    const grouped = (list: typeof models, folded: readonly string[] = []) =>
      arrangeModels(list, { grouping: 'state', sort: undefined, folded: new Set(folded) }, undefined);
    const moreCalls = models.map((model) => ({ ...model, source: { ...model.source, polledAtMs: NOW_MS } }));
    expect(sameRows(grouped(models), grouped(moreCalls))).toBe(true);
    expect(sameRows(grouped(models), grouped(models, ['state:idle']))).toBe(false);
    expect(sameRows(grouped(models), grouped(models.slice(1)))).toBe(false);
  });
});

describe('facts of a model', () => {
  it.each([
    ['/srv/models/a', '/srv/models'],
    ['/srv/models/a/', '/srv/models'],
    [String.raw`C:\models\a`, String.raw`C:\models`],
    ['/a', '/a'],
    ['s3://bucket/prod/a', 's3://bucket/prod'],
    ['s3://bucket/a', 's3://bucket'],
    ['s3://bucket', 's3://bucket'],
    ['https://models.example/a/manifest.json?…', 'https://models.example'],
  ])('%s belongs to %s', (basePath, group) => {
    expect(sourceGroup({ basePath, origin: 'settings' })).toBe(group);
  });

  it('calls samples by their name, wherever they are installed', () => {
    expect(sourceGroup({ basePath: '/opt/slipway/resources/models/digits', origin: 'sample' })).toBe('Samples');
  });

  it('is serving and in error at once where the new version failed', () => {
    expect(modelState(modelView('m', [unloadedVersion('2', 'end', { error }), versionView('1')]))).toBe('error');
    expect(modelState(modelView('m', []))).toBe('idle');
  });

  it('adds up memory, measured before expected', () => {
    expect(
      modelMemory(modelView('m', [unloadedVersion('2', 'loading', memory(7)), versionView('1', memory(9, 5))])),
    ).toBe(12);
    // One that is too small to be measured still takes some.
    expect(modelMemory(modelView('m', [versionView('1', memory(9, 0))]))).toBe(9);
    expect(modelMemory(modelView('m', [unloadedVersion('1', 'end')]))).toBeUndefined();
  });

  it('takes the rate of the last seconds', () => {
    expect(requestRate({ perSecond: [100, 100, 0, 0, 5, 5, 5] })).toBe(3);
    expect(requestRate({ perSecond: [] })).toBe(0);
  });
});
