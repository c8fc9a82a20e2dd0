import { spawnSync } from 'node:child_process';
import { median } from './load.ts';
import type { Line } from './report.ts';
import { BUCKET, type Cost, costOf, curlMs, MIB, startStore, type Store, workFolder } from './s3-processes.ts';
import { s3StartBench } from './s3-start-bench.ts';

const ROUNDS = 5;
const OBJECT_BYTES = 512 * MIB;
const LEAST_OF_CURL = 0.35;
const MOST_GROWTH_MB = 96;

const CAP_BYTES_PER_SECOND = 40e6;
const CAPPED_ROUNDS = 3;
const CAPPED_BYTES = 256 * MIB;
const LEAST_OF_CAPPED_CURL = 4;

const LARGE_BYTES = 5 * 1024 * MIB;

const LIST_ROUNDS = 3;
const KEYS = 100_000;
const MOST_LIST_CPU_S = 4;

/** Models from S3: downloads beside curl's from the same server, listings, and what starts cost. */
export async function s3Bench(): Promise<readonly Line[]> {
  const hasCurl = spawnSync('curl', ['--version'], { stdio: 'ignore' }).error === undefined;
  if (!hasCurl)
    process.stderr.write('bench: curl is missing, and with it what downloads are compared with: install it\n');
  return [
    ...(await downloads(hasCurl)),
    ...(await cappedDownloads(hasCurl)),
    await largeDownload(),
    ...(await listings()),
    ...(await s3StartBench()),
  ];
}

async function downloads(hasCurl: boolean): Promise<readonly Line[]> {
  await using store = await startStore();
  await using folder = await workFolder(OBJECT_BYTES, 'memory');
  const kinds = ['CRC32', 'CRC64NVME'] as const;
  for (const kind of kinds) await store.put(`${keyOf(kind)}weights.bin`, OBJECT_BYTES, kind);
  const curl: number[] = [];
  const own = { CRC32: new Array<Cost>(), CRC64NVME: new Array<Cost>() };
  for (let round = 0; round < ROUNDS; round += 1) {
    if (hasCurl) curl.push(await curlMs(store, `${keyOf('CRC32')}weights.bin`, folder.path));
    for (const kind of kinds) own[kind].push(await download(store, kind, folder.path));
  }
  const place = folder.isInMemory ? 'into memory' : 'to the disk';
  return [
    ...kinds.map((kind) =>
      ratioLine(`speed of a verified download of 512 MiB (${kind}) / curl -o, ${place}`, curl, own[kind], {
        bytes: OBJECT_BYTES,
        least: LEAST_OF_CURL,
      }),
    ),
    growthLine(
      '512 MiB',
      kinds.flatMap((kind) => own[kind]),
    ),
  ];
}

async function cappedDownloads(hasCurl: boolean): Promise<readonly Line[]> {
  await using store = await startStore(CAP_BYTES_PER_SECOND);
  await using folder = await workFolder(CAPPED_BYTES, 'memory');
  await store.put(`${keyOf('CRC32')}weights.bin`, CAPPED_BYTES, 'CRC32');
  const curl: number[] = [];
  const own: Cost[] = [];
  for (let round = 0; round < CAPPED_ROUNDS; round += 1) {
    if (hasCurl) curl.push(await curlMs(store, `${keyOf('CRC32')}weights.bin`, folder.path));
    own.push(await download(store, 'CRC32', folder.path));
  }
  const what = 'speed of a download of 256 MiB / curl -o, 40 MB/s for each connection';
  return [ratioLine(what, curl, own, { bytes: CAPPED_BYTES, least: LEAST_OF_CAPPED_CURL })];
}

async function largeDownload(): Promise<Line> {
  await using store = await startStore();
  await using folder = await workFolder(LARGE_BYTES, 'disk');
  await store.put(`${keyOf('CRC32')}weights.bin`, LARGE_BYTES, 'CRC32');
  return growthLine('5 GiB', [await download(store, 'CRC32', folder.path)]);
}

async function listings(): Promise<readonly Line[]> {
  await using store = await startStore();
  await using folder = await workFolder(0, 'disk');
  await store.putMany('many/1/', KEYS);
  const costs: Cost[] = [];
  for (let round = 0; round < LIST_ROUNDS; round += 1) {
    const cost = await costOf('tree', store, 'many/1', folder.path);
    if (cost.count < KEYS) throw new Error(`${cost.count} of ${KEYS} keys were listed in ${BUCKET}`);
    costs.push(cost);
  }
  return [
    {
      what: `CPU off the main thread of listing ${KEYS} keys`,
      value: middle(costs, ({ cpuMs }) => cpuMs) / 1000,
      unit: 's',
      limit: { at: 'most', value: MOST_LIST_CPU_S },
      detail: [
        `median of ${LIST_ROUNDS} fresh processes; main: ${Math.round(middle(costs, ({ mainCpuMs }) => mainCpuMs))} ms`,
        `in turns of ${middle(costs, ({ turnMs }) => turnMs).toFixed(1)} ms at most`,
        `wall ${(middle(costs, ({ ms }) => ms) / 1000).toFixed(1)} s`,
        `RSS +${Math.round(middle(costs, ({ rssGrowthBytes }) => rssGrowthBytes) / MIB)} MiB`,
      ].join(', '),
    },
  ];
}

function keyOf(kind: string): string {
  return `model-${kind}/1/`;
}

async function download(store: Store, kind: string, directory: string): Promise<Cost> {
  return costOf('localize', store, keyOf(kind).slice(0, -1), directory);
}

function ratioLine(
  what: string,
  curl: readonly number[],
  own: readonly Cost[],
  { bytes, least }: { readonly bytes: number; readonly least: number },
): Line {
  const rate = (ms: number): string => `${Math.round(bytes / 1e3 / ms)} MB/s`;
  const ownMs = middle(own, ({ ms }) => ms);
  const cpuS = middle(own, ({ cpuMs, mainCpuMs }) => cpuMs + mainCpuMs) / 1000;
  return {
    what,
    value: median(curl.map((ms, round) => ms / (own[round]?.ms ?? Number.NaN))),
    unit: 'x',
    limit: { at: 'least', value: least },
    detail:
      curl.length === 0
        ? 'curl is missing: install it'
        : `median of ${own.length} rounds in turn; ${rate(ownMs)}, ${cpuS.toFixed(2)} s of CPU; curl ${rate(median(curl))}`,
  };
}

function growthLine(size: string, costs: readonly Cost[]): Line {
  const longest = Math.max(...costs.map(({ maxMs }) => maxMs));
  const p99 = middle(costs, ({ p99Ms }) => p99Ms);
  return {
    what: `growth of memory (RSS) by a download of ${size}`,
    value: middle(costs, ({ rssGrowthBytes }) => rssGrowthBytes) / 1e6,
    unit: 'MB',
    limit: { at: 'most', value: MOST_GROWTH_MB },
    detail: `beyond a process that has listed; its main loop meanwhile: p99 ${p99.toFixed(1)} ms, longest ${longest.toFixed(1)} ms`,
  };
}

function middle(costs: readonly Cost[], of: (cost: Cost) => number): number {
  return median(costs.map(of));
}
