import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import autocannon from 'autocannon';

export interface Load {
  readonly url: string;
  readonly body: string;
  readonly connections: number;
  readonly seconds: number;
}

/** wrk costs the server's cores the least; autocannon comes with the project and is there everywhere. */
const hasWrk = spawnSync('wrk', ['--version'], { stdio: 'ignore' }).error === undefined;
export const LOAD_GENERATOR = hasWrk ? 'wrk' : 'autocannon';

/** Posts one body again and again. @returns answered requests per second. @throws Error when any answer is no 200. */
export async function requestsPerSecond(load: Load): Promise<number> {
  return hasWrk ? withWrk(load) : withAutocannon(load);
}

async function withWrk({ url, body, connections, seconds }: Load): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  try {
    await writeFile(join(directory, 'body.json'), body);
    const script = join(directory, 'post.lua');
    await writeFile(
      script,
      `wrk.method = "POST"
local file = io.open("${join(directory, 'body.json')}", "rb")
wrk.body = file:read("*a")
file:close()
wrk.headers["Content-Type"] = "application/json"
`,
    );
    const wrk = spawn('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', script, url]);
    const output = await text(wrk.stdout);
    if (/Non-2xx|Socket errors/u.test(output)) throw new Error(`requests failed:\n${output}`);
    const rate = /Requests\/sec:\s+([\d.]+)/u.exec(output)?.[1];
    if (rate === undefined) throw new Error(`wrk said:\n${output}`);
    return Number(rate);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function withAutocannon({ url, body, connections, seconds }: Load): Promise<number> {
  const result = await autocannon({
    url,
    body,
    connections,
    duration: seconds,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} answers were no 200, ${result.errors} errors`);
  return result['2xx'] / result.duration;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}
