import type { LucideIcon } from 'lucide-react';
import { CircleAlert, CircleCheck, CircleDashed, CircleX, CloudOff, LoaderCircle } from 'lucide-react';
import type { Connection, ConnectionTest, SourceRoot, SourcesBoard, TestStage } from '#contracts/ui-sources.ts';
import { CONNECTION_PRESETS } from '#contracts/ui-sources.ts';
import type { Tone } from '../../components/notice.tsx';
import { strings } from '../../strings/index.ts';

export type ConnectionState = keyof typeof strings.sources.state;

export interface StateLook {
  readonly word: string;
  readonly tone: Tone;
  readonly icon: LucideIcon;
  readonly spins?: true;
}

const words = strings.sources.state;

export const CONNECTION_LOOK: Readonly<Record<ConnectionState, StateLook>> = {
  works: { word: words.works, tone: 'ok', icon: CircleCheck },
  failed: { word: words.failed, tone: 'bad', icon: CircleX },
  testing: { word: words.testing, tone: 'busy', icon: LoaderCircle, spins: true },
  broken: { word: words.broken, tone: 'bad', icon: CircleAlert },
  error: { word: words.error, tone: 'bad', icon: CircleAlert },
  offline: { word: words.offline, tone: 'warn', icon: CloudOff },
  untested: { word: words.untested, tone: 'idle', icon: CircleDashed },
};

/**
 * What is known of a connection: a test that runs counts most, then a failed one that is newer than every look at the
 * places that are watched through it, then what these say, then the last test.
 */
export function connectionState(
  id: string,
  { connections, tests, roots }: Pick<SourcesBoard, 'connections' | 'tests' | 'roots'>,
): ConnectionState {
  const test = lastTest(id, tests);
  if (test?.state === 'running') return 'testing';
  if (connections.some((connection) => connection.id === id && connection.problem !== undefined)) return 'broken';
  const own = roots.filter(({ connection }) => connection === id);
  const isNewest = own.every(({ polledAtMs = 0 }) => polledAtMs <= (test?.startedMs ?? 0));
  if (test?.state === 'failed' && isNewest) return 'failed';
  if (own.some(isOffline)) return 'offline';
  if (own.some(({ status }) => status === 'error')) return 'error';
  if (own.some(({ status }) => status === 'ok')) return 'works';
  return test?.state === 'ok' ? 'works' : 'untested';
}

/** The newest test of a saved connection. */
export const lastTest = (id: string, tests: readonly ConnectionTest[]): ConnectionTest | undefined =>
  tests.find(({ connection }) => connection === id);

export const isOffline = ({ offlineSinceMs }: SourceRoot): boolean => offlineSinceMs !== undefined;

/** The stage that stopped a test. */
export const failedStage = ({ stages }: Pick<ConnectionTest, 'stages'>): TestStage | undefined =>
  stages.find(({ status }) => status === 'failed');

/** Where a connection goes to, in a line: `MinIO · localhost:9000`. */
export function storeText({ preset, endpoint, region, startUri }: Connection): string {
  const place = endpoint !== undefined && URL.canParse(endpoint) ? new URL(endpoint).host : (startUri ?? region);
  const { label } = CONNECTION_PRESETS[preset];
  return place === undefined ? label : `${label} · ${place}`;
}

/** What a look at a place says of it, without what stands around it: its path, and that old findings count. */
export function rootProblem(message: string): string {
  return message
    .replace(/^Could not (?:read|find) base path .*? for servable [^:]*?(?:: | with error )/su, '')
    .replace(/^the folder (?=has not answered )/u, 'the place ')
    .replace(/; what was found before stands$/u, '');
}

/** The stable code at the end of a store's message, and the message without it. */
export function splitCode(message: string): { readonly text: string; readonly code: string | undefined } {
  const found = /^(?<text>.*?)\s*\[(?<code>[A-Z][A-Z0-9_]+)\]$/su.exec(message);
  return { text: found?.groups?.['text'] ?? message, code: found?.groups?.['code'] };
}
