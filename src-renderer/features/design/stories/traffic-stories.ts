import type { LogLine } from '#contracts/ui-logs.ts';
import type { RequestRow, TrafficHistory } from '#contracts/ui-traffic.ts';
import type { Command } from '../../../stores/commands.ts';
import { NOW_MS, snapshot } from '../../../testing/fixtures.ts';
import { USUAL_MODELS } from './model-stories.ts';
import type { State, Story } from './story.ts';
import { LOST, never, refused } from './story.ts';

const PAGE = 500;
const RECORDING = { enabled: true, sampleRate: 1, bodies: false, maxBodyBytes: 4096 };

/** One of them all fails. */
function requestRow(sequence: number, last: number): RequestRow {
  const isBad = sequence % 17 === 0;
  const durationMs = 9 + 4 * Math.sin(sequence / 3) + (sequence % 23 === 0 ? 20 : 0);
  return {
    sequence,
    atMs: NOW_MS - (last - sequence) * 24,
    entrypoint: sequence % 5 === 0 ? 'GRPC' : 'REST',
    method: 'predict',
    model: isBad ? 'churn' : 'resnet',
    ...(!isBad && { version: '8' }),
    code: isBad ? 'NOT_FOUND' : 'OK',
    ...(sequence % 5 !== 0 && { httpStatus: isBad ? 404 : 200 }),
    ...(isBad && { error: 'Servable not found for request: Latest(churn)' }),
    durationMs,
    ...(!isBad && { queueMs: durationMs / 20, runMs: durationMs * 0.9, batchRows: 1 + (sequence % 4) }),
    requestBytes: 812,
    responseBytes: 64,
    bodies: 'off',
  };
}

/** So many calls, of which a page at a time is told. */
const listRequests =
  (last: number): Command<'listRequests'> =>
  ({ beforeSequence = last + 1, afterSequence, limit = PAGE }) => {
    const to = afterSequence === undefined ? beforeSequence - 1 : Math.min(last, afterSequence + limit);
    const from = afterSequence === undefined ? Math.max(1, to - limit + 1) : afterSequence + 1;
    const requests = Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => requestRow(from + at, last));
    return Promise.resolve({
      requests,
      firstSeen: requests[0]?.sequence ?? 0,
      lastSeen: requests.at(-1)?.sequence ?? 0,
      more: from > 1,
      kept: last,
      settings: RECORDING,
    });
  };

const BOUNDS_MS = [1, 2, 4, 8, 12, 16, 24, 32, 64];

/** Waves of calls, a few of which fail. */
const trafficHistory: Command<'trafficHistory'> = ({ sinceMs = NOW_MS - 300_000, stepMs = 2000 }) => {
  const startMs = Math.ceil(sinceMs / stepMs) * stepMs;
  const steps = Array.from({ length: Math.max(0, Math.floor((NOW_MS - startMs) / stepMs)) }, (_, at) => at);
  const wave = (at: number, from: number, by: number): number => from + by * Math.sin(at / 9);
  const history: TrafficHistory = {
    startMs,
    stepMs,
    ok: steps.map((at) => Math.round(wave(at, 60, 25))),
    clientErrors: steps.map((at) => (at % 13 === 0 ? 4 : 0)),
    serverErrors: steps.map((at) => (at % 41 === 0 ? 2 : 0)),
    p50Ms: steps.map((at) => wave(at, 9, 2)),
    p95Ms: steps.map((at) => wave(at, 14, 4)),
    p99Ms: steps.map((at) => wave(at, 26, 6)),
    queueMs: steps.map(() => 0.4),
    runMs: steps.map((at) => wave(at, 8, 2)),
    inFlight: steps.map((at) => Math.round(wave(at, 3, 2))),
    boundsMs: BOUNDS_MS,
    cells: steps.flatMap((at): [number, number, number][] => [
      [at, 3, Math.round(wave(at, 20, 9))],
      [at, 4, Math.round(wave(at, 30, 14))],
      [at, 5, Math.round(wave(at, 9, 5))],
      [at, 7, 1],
    ]),
  };
  return Promise.resolve(history);
};

const board = (lastRequest: number) => ({ traffic: { atMs: NOW_MS, models: [], lastRequest } });
const told = (lastRequest: number) => snapshot(USUAL_MODELS, { boards: board(lastRequest) });
const SOME = 400;
const RING = 50_000;

export const TRAFFIC: Readonly<Record<State, Story>> = {
  usual: { path: '/traffic', told: told(SOME), commands: { listRequests: listRequests(SOME), trafficHistory } },
  empty: { path: '/traffic', told: told(0) },
  loading: { path: '/traffic', told: told(SOME), commands: { listRequests: never, trafficHistory: never } },
  error: {
    path: '/traffic',
    told: told(SOME),
    commands: {
      listRequests: refused('The requests cannot be read: the record is locked.'),
      trafficHistory: refused('The numbers of the last minutes cannot be read.'),
    },
  },
  offline: {
    path: '/traffic',
    told: told(SOME),
    connection: LOST,
    commands: { listRequests: listRequests(SOME), trafficHistory },
  },
  huge: { path: '/traffic', told: told(RING), commands: { listRequests: listRequests(RING), trafficHistory } },
};

const SAID: readonly Pick<LogLine, 'level' | 'component' | 'message' | 'detail'>[] = [
  { level: 'info', component: 'manager', message: 'Aspiring version for servable', detail: 'version=8' },
  { level: 'info', component: 'loader', message: 'Loading servable version', detail: 'attempt=1' },
  { level: 'info', component: 'manager', message: 'Successfully loaded servable version', detail: 'loadMs=12' },
  { level: 'warn', component: 'source', message: 'Listing failed; the last report stands', detail: 'code=EACCES' },
  { level: 'error', component: 'loader', message: 'Loading servable failed', detail: 'model.onnx is cut short' },
  { level: 'info', component: 'http', message: 'Client disconnected', detail: 'afterMs=31' },
];

function logLine(sequence: number, last: number): LogLine {
  const said = SAID[sequence % SAID.length] ?? { level: 'info', component: '', message: '', detail: '' };
  return { sequence, atMs: NOW_MS - (last - sequence) * 180, model: 'resnet', version: '8', ...said };
}

const readLogs =
  (last: number): Command<'readLogs'> =>
  ({ afterLine, beforeLine = last + 1, limit }) => {
    const to = afterLine === undefined ? beforeLine - 1 : Math.min(last, afterLine + limit);
    const from = afterLine === undefined ? Math.max(1, to - limit + 1) : afterLine + 1;
    return Promise.resolve({
      lines: Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => logLine(from + at, last)),
    });
  };

const logged = (lastLine: number) =>
  snapshot(USUAL_MODELS, { boards: { logs: { firstLine: Math.min(1, lastLine), lastLine, errors: 1, warnings: 1 } } });
const LINES = 40;
const LOG_RING = 100_000;

export const LOGS: Readonly<Record<State, Story>> = {
  usual: { path: '/logs?q=loaded', told: logged(LINES), commands: { readLogs: readLogs(LINES) } },
  empty: { path: '/logs', told: logged(0) },
  loading: { path: '/logs', told: logged(LINES), commands: { readLogs: never } },
  error: { path: '/logs', told: logged(LINES), commands: { readLogs: refused('The log cannot be read.') } },
  offline: { path: '/logs', told: logged(LINES), connection: LOST, commands: { readLogs: readLogs(LINES) } },
  huge: { path: '/logs', told: logged(LOG_RING), commands: { readLogs: readLogs(LOG_RING) } },
};
