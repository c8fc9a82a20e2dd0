import type { EventView, ModelView, VersionView } from '#contracts/ui.ts';
import {
  halfPlusTwoInfo,
  label,
  modelInfo,
  modelView,
  name,
  NOW_MS,
  serverView,
  snapshot,
  tensor,
  unloadedVersion,
  version,
  versionView,
} from '../../../testing/fixtures.ts';
import type { State, Story } from './story.ts';
import { CONNECTING, LOST } from './story.ts';

const SECOND_MS = 1000;
const CUT_SHORT = { code: 'INVALID_ARGUMENT', message: 'model.onnx is cut short: 1,204 of 4,811 bytes are there' };

const classifierInfo = modelInfo(
  [tensor('features', 'float32', ['batch', 4])],
  [tensor('scores', 'float32', ['batch', 3])],
  { metadata: { labels: 'setosa\nversicolor\nvirginica' }, sizeBytes: 4811 },
);

let sequence = 0;
const event = (
  of: string,
  agoSeconds: number,
  phase: EventView['phase'],
  over: Partial<EventView> = {},
): EventView => ({
  sequence: (sequence += 1),
  atMs: NOW_MS - agoSeconds * SECOND_MS,
  version: version(of),
  kind: 'state',
  phase,
  reason: '',
  ...over,
});

/** A version took over from the one before it, half a minute ago. */
const SWAP: readonly EventView[] = [
  event('7', 3000, 'start'),
  event('7', 3000, 'loading'),
  event('7', 2998, 'available', { reason: 'the highest version found' }),
  event('8', 52, 'waiting', { kind: 'found' }),
  event('8', 52, 'waiting', { kind: 'waiting', reason: 'weights.bin is still growing' }),
  event('8', 44, 'start', { kind: 'aspired', reason: 'the highest version found' }),
  event('8', 44, 'start'),
  event('8', 43, 'loading'),
  event('8', 31, 'available', { reason: 'loaded in 12 s' }),
  event('8', 31, 'available', { kind: 'label', reason: 'label stable set' }),
  event('7', 31, 'available', { kind: 'unaspired', reason: 'v8 is available instead' }),
  event('7', 30, 'unloading'),
  event('7', 28, 'end'),
];

const swapped = (): ModelView =>
  modelView(
    'resnet',
    [versionView('8', { sinceMs: NOW_MS - 31 * SECOND_MS, sizeBytes: 97_800_000, inFlight: 3, loadMs: 12_000 })],
    {
      labels: [{ label: label('stable'), version: version('8'), pending: false }],
      history: SWAP,
    },
  );

const loading = (): VersionView =>
  unloadedVersion('8', 'loading', {
    reason: 'the highest version found',
    attempt: 1,
    maxAttempts: 6,
    sizeBytes: 97_800_000,
    download: { doneBytes: 61_600_000, totalBytes: 97_800_000, bytesPerSecond: 3_200_000, file: 'weights.bin' },
  });

const retrying = (): VersionView =>
  unloadedVersion('3', 'loading', {
    attempt: 2,
    maxAttempts: 6,
    retryAtMs: NOW_MS + 8 * SECOND_MS,
    error: CUT_SHORT,
    sizeBytes: 1204,
  });

const noFolder: ModelView['source'] = {
  status: 'error',
  message: 'the folder is not there',
  polledAtMs: NOW_MS - 600,
  nextPollAtMs: NOW_MS + 400,
  versions: [],
  ignored: [],
};

/** Some of everything, as on a computer on which somebody works. */
export const USUAL_MODELS: readonly ModelView[] = [
  swapped(),
  modelView('churn', [retrying(), versionView('2')]),
  modelView('half_plus_two', [versionView('123')], { origin: 'sample', basePath: 'samples/half_plus_two' }),
  modelView('iris', [versionView('1', { info: classifierInfo })]),
  modelView('price', [loading(), versionView('7', { inFlight: 1 })], { basePath: 's3://ml/prod/price' }),
];

const TRAFFIC = {
  atMs: NOW_MS,
  lastRequest: 0,
  models: [
    {
      name: name('resnet'),
      perSecond: Array.from({ length: 60 }, (_, at) => Math.round(40 + 12 * Math.sin(at / 5))),
      p95Ms: 12.4,
      clientErrors: 0,
      serverErrors: 0,
    },
    {
      name: name('half_plus_two'),
      perSecond: Array.from({ length: 60 }, (_, at) => (at % 9 === 0 ? 3 : 1)),
      p95Ms: 0.8,
      clientErrors: 2,
      serverErrors: 0,
    },
  ],
};

const many = (count: number): readonly ModelView[] =>
  Array.from({ length: count }, (_, index) => {
    const at = `model-${index + 1}`;
    return index % 50 === 7 ? modelView(at, [retrying()]) : modelView(at, [versionView('1')]);
  });

export const MODELS: Readonly<Record<State, Story>> = {
  usual: { path: '/models', told: snapshot(USUAL_MODELS, { boards: { traffic: TRAFFIC } }) },
  empty: { path: '/models', told: snapshot([]) },
  loading: { path: '/models', told: undefined, connection: CONNECTING },
  error: {
    path: '/models',
    told: snapshot(
      [
        modelView('churn', [retrying()]),
        modelView('gone', [], { source: noFolder }),
        modelView('half', [unloadedVersion('1', 'end', { error: CUT_SHORT })]),
      ],
      {
        server: serverView({
          configProblem: {
            message: 'models.conf, line 4: base_path is missing',
            sinceMs: NOW_MS - 90 * SECOND_MS,
          },
        }),
      },
    ),
  },
  offline: { path: '/models', told: snapshot(USUAL_MODELS), connection: LOST },
  huge: { path: '/models', told: snapshot(many(10_000)) },
};

export const MODEL: Readonly<Record<State, Story>> = {
  usual: { path: '/models/resnet?window=1m', told: snapshot([swapped()]) },
  empty: {
    path: '/models/resnet',
    told: snapshot([
      modelView('resnet', [], {
        source: {
          status: 'ok',
          message: 'no version: no sub-folder is named by a number',
          polledAtMs: NOW_MS - 600,
          nextPollAtMs: NOW_MS + 400,
          versions: [],
          ignored: [{ entry: 'notes', reason: 'not a number' }],
        },
      }),
    ]),
  },
  loading: {
    path: '/models/resnet?window=1m',
    told: snapshot([
      modelView('resnet', [loading()], {
        history: [event('8', 9, 'waiting', { kind: 'found' }), event('8', 8, 'start'), event('8', 8, 'loading')],
      }),
    ]),
  },
  error: {
    path: '/models/churn?window=1m',
    told: snapshot([
      modelView('churn', [retrying(), versionView('2')], {
        history: [
          event('2', 900, 'available'),
          event('3', 40, 'waiting', { kind: 'found' }),
          event('3', 38, 'loading'),
          event('3', 37, 'loading', { retryAtMs: NOW_MS - 7000, error: CUT_SHORT }),
          event('3', 7, 'loading', { error: CUT_SHORT }),
          event('3', 6, 'loading', { retryAtMs: NOW_MS + 8000, error: CUT_SHORT }),
        ],
      }),
    ]),
  },
  offline: { path: '/models/resnet?window=1m', told: snapshot([swapped()]), connection: LOST },
  huge: {
    path: '/models/resnet?window=all',
    told: snapshot([
      modelView(
        'resnet',
        Array.from({ length: 150 }, (_, index) =>
          index === 0
            ? versionView('150')
            : unloadedVersion(String(150 - index), 'end', { aspired: false, sinceMs: NOW_MS - 60_000 * index }),
        ),
        {
          history: Array.from({ length: 150 }, (_, index) => [
            event(String(index + 1), 60 * (151 - index), 'loading'),
            event(String(index + 1), 60 * (151 - index) - 3, 'available'),
            ...(index < 149 ? [event(String(index + 1), 60 * (150 - index), 'end')] : []),
          ]).flat(),
        },
      ),
    ]),
  },
};

/** A request that was sent, and what came of it. */
const answered =
  (model: string, request: string, status: number, body: string): NonNullable<Story['played']> =>
  (play) =>
    play.setState({
      drafts: { [model]: request },
      sends: {
        [model]: {
          phase: 'answered',
          status,
          latencyMs: 12.4,
          version: status < 400 ? '1' : undefined,
          sizeBytes: body.length,
          body,
          atMs: NOW_MS - 4000,
          request,
        },
      },
    });

const IRIS_REQUEST = '{\n  "instances": [[5.1, 3.5, 1.4, 0.2]]\n}';
const LONG = 20_000;
const longInfo = modelInfo([tensor('x', 'float32', [LONG])], [tensor('y', 'float32', [LONG])]);
const longBody = (key: string): string =>
  JSON.stringify({ [key]: Array.from({ length: LONG }, (_, index) => (index % 997) / 8) });

export const PLAYGROUND: Readonly<Record<State, Story>> = {
  usual: {
    path: '/play?model=iris',
    told: snapshot(USUAL_MODELS),
    played: answered('iris', IRIS_REQUEST, 200, '{"predictions": [[0.021, 0.934, 0.045]]}'),
  },
  empty: { path: '/play', told: snapshot([]) },
  loading: {
    path: '/play?model=price&version=8',
    told: snapshot([modelView('price', [loading(), versionView('7', { info: halfPlusTwoInfo })])]),
  },
  error: {
    path: '/play?model=iris',
    told: snapshot(USUAL_MODELS),
    played: answered(
      'iris',
      '{\n  "instances": [[5.1, 3.5]]\n}',
      400,
      '{"error": "input \\"features\\": got dims [1, 2], the model takes [batch, 4]"}',
    ),
  },
  offline: {
    path: '/play?model=iris',
    told: snapshot(USUAL_MODELS),
    connection: LOST,
    played: answered('iris', IRIS_REQUEST, 200, '{"predictions": [[0.021, 0.934, 0.045]]}'),
  },
  huge: {
    path: '/play?model=long',
    told: snapshot([modelView('long', [versionView('1', { info: longInfo })])]),
    played: answered('long', longBody('inputs'), 200, longBody('outputs')),
  },
};
