/** `npm run bench [-- SECTION …]`: figures of this machine and this run, each beside its limit. */
import { configBench } from './config-bench.ts';
import { grpcBench } from './grpc-bench.ts';
import { httpBench } from './http-bench.ts';
import { idleBench } from './idle-bench.ts';
import { loopBench } from './loop-bench.ts';
import { pollBench } from './poll-bench.ts';
import { type Line, table } from './report.ts';
import { s3Bench } from './s3-bench.ts';
import { uiBench } from './ui-bench.ts';
import { workerBench } from './worker-bench.ts';

const SECTIONS: Readonly<Record<string, () => Promise<readonly Line[]>>> = {
  http: httpBench,
  grpc: grpcBench,
  loop: loopBench,
  worker: workerBench,
  idle: idleBench,
  poll: pollBench,
  config: configBench,
  s3: s3Bench,
  ui: uiBench,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(SECTIONS, name));
if (unknown.length > 0) {
  process.stderr.write(`bench: no section ${unknown.join(', ')}; there are ${Object.keys(SECTIONS).join(', ')}\n`);
  process.exit(2);
}
const lines: Line[] = [];
for (const [name, run] of Object.entries(SECTIONS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`bench: ${name} …\n`);
  lines.push(...(await run()));
}
process.stdout.write(`${table(lines)}\n`);
