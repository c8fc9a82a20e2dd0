/** What the server might say of its sources, for tests. */
import { ConnectionId } from '#contracts/ids.ts';
import type { ConnectionTest, ConnectionView, SourceRoot, SourcesBoard, TestStage } from '#contracts/ui-sources.ts';
import { TEST_STAGES } from '#contracts/ui-sources.ts';
import { name, NOW_MS } from '../../../testing/fixtures.ts';

const connectionId = (text: string): ConnectionId => ConnectionId.parse(text);

export const connection = (id: string, over: Partial<ConnectionView> = {}): ConnectionView => ({
  id: connectionId(id),
  name: id,
  preset: 'aws',
  addressing: 'auto',
  verifyTls: true,
  requesterPays: false,
  credentials: { kind: 'profile', name: 'lab' },
  models: [],
  ...over,
});

/** All stages passed up to one, which is as given; those after it wait. */
export function stagesUpTo(at: TestStage): readonly TestStage[] {
  const index = TEST_STAGES.indexOf(at.stage);
  return TEST_STAGES.map((stage, position) => {
    if (position < index) return { stage, status: 'ok', ms: 2 };
    return position === index ? at : { stage, status: at.status === 'failed' ? 'skipped' : 'waiting' };
  });
}

export const test = (over: Partial<ConnectionTest> = {}): ConnectionTest => ({
  testId: 'test-1',
  uri: 's3://ml/prod',
  state: 'running',
  startedMs: NOW_MS - 2000,
  stages: stagesUpTo({ stage: 'name', status: 'running' }),
  found: {},
  ...over,
});

export const root = (path: string, over: Partial<SourceRoot> = {}): SourceRoot => ({
  path,
  scheme: /^\w+(?=:\/\/)/u.exec(path)?.[0] ?? 'file',
  models: [name('resnet')],
  pollIntervalMs: 30_000,
  polledAtMs: NOW_MS - 12_000,
  nextPollAtMs: NOW_MS + 18_000,
  versions: 2,
  status: 'ok',
  ...over,
});

export const sourcesBoard = (over: Partial<SourcesBoard> = {}): SourcesBoard => ({
  connections: [],
  protection: { kind: 'none', label: 'This server keeps no secrets' },
  roots: [],
  tests: [],
  ...over,
});
