import { asServingError, ServingError } from '../../../contracts/serving-error.ts';
import { TEST_STAGES, type TestStage } from '../../../contracts/ui-sources.ts';
import { cancelled } from '../../abortable.ts';
import { errnoOf } from '../../errno.ts';
import { proxyHostFor } from '../../remote/worker/agents.ts';
import { type BucketAddressing, addressingOf, REGION_OF_OTHERS } from '../s3-connections.ts';
import { S3Error, s3Error, type S3Failure, type S3Operation } from '../s3-error.ts';
import type { S3Options } from '../s3-options.ts';
import type { S3TestResult } from '../s3-protocol.ts';
import { describeS3Location, type S3Location } from '../s3-uri.ts';
import { knock, lookUp, portOf, type Probe, probe } from './probe.ts';
import { withProfileEndpoint } from './profile-endpoint.ts';
import { createS3Clients, type S3Clients } from './s3-clients.ts';
import { speaksTls } from './tls-probe.ts';
import { createS3Requests, type ListedObject, type S3Requests } from './s3-requests.ts';
import { type Fix, fixFor } from './test-fixes.ts';

/** What is tested. */
export interface TestSubject {
  readonly location: S3Location;
  readonly options: S3Options;
  /** Whether somebody chose the region: a wrong one then counts as a fault, though requests follow the bucket. */
  readonly isRegionGiven: boolean;
}

type StageName = TestStage['stage'];
type Outcome = Pick<TestStage, 'detail'> & { readonly status: 'ok' | 'skipped' };

/** Why a stage fails. */
class StageFailure extends Error {
  readonly error: S3Error;
  readonly fix: Fix | undefined;
  constructor(error: S3Error, fix: Fix | undefined) {
    super(error.message);
    this.error = error;
    this.fix = fix;
  }
}

/** Signatures are good for so long. */
const MAX_SKEW_MS = 15 * 60_000;
/** Among so many objects one is looked for that has a byte to read. */
const LISTED_KEYS = 50;

/**
 * Tests how a place is reached, from the name of the host to the first byte of an object, and stops at the first stage
 * that fails. Costs a lookup, two connections, an unsigned request, one LIST and one GET.
 * @param onNews called after each change, with the result so far.
 * Rejects with CANCELLED only.
 */
export async function testConnection(
  { location, options: given, isRegionGiven }: TestSubject,
  signal: AbortSignal,
  onNews: (result: S3TestResult) => void,
): Promise<S3TestResult> {
  // A test is to say what is, not to try until it works.
  const options: S3Options = { ...(await withProfileEndpoint(given, process.env)), maxAttempts: 1 };
  const stages = new Map<StageName, TestStage>(TEST_STAGES.map((stage) => [stage, { stage, status: 'waiting' }]));
  const found: { -readonly [K in keyof S3TestResult['found']]: S3TestResult['found'][K] } = {};
  let state: S3TestResult['state'] = 'running';

  const result = (): S3TestResult => ({ state, stages: [...stages.values()], found: { ...found } });
  const note = (stage: TestStage): void => {
    stages.set(stage.stage, stage);
    onNews(result());
  };

  /** @throws StageFailure, CANCELLED. */
  async function run(stage: StageName, work: () => Promise<Outcome> | Outcome): Promise<void> {
    if (signal.aborted) throw cancelled(signal);
    note({ stage, status: 'running' });
    const startMs = performance.now();
    const ms = (): number => Math.round((performance.now() - startMs) * 10) / 10;
    try {
      const outcome = await work();
      // What an earlier stage has found out already takes no time.
      const tookMs = ms();
      note({ stage, ...outcome, ...(outcome.status === 'ok' && tookMs >= 1 ? { ms: tookMs } : {}) });
    } catch (thrown) {
      if (signal.aborted) throw cancelled(signal);
      const failure = thrown instanceof StageFailure ? thrown : failureOfStage(thrown);
      const { message, s3Code } = failure.error;
      // What to do about it is said by the fix.
      const detail = message.replace(` [${s3Code}]`, '').replace(/(\(.*endpoint [^()]+\))\. .*$/su, '$1');
      note({ stage, status: 'failed', ms: ms(), detail, code: s3Code, ...(failure.fix && { fix: failure.fix }) });
      throw failure;
    }
  }

  using clients = createS3Clients(options);
  const requests = createS3Requests(clients);
  const target = targetOf(location, options);
  const { endpoint, proxyHost, addressing } = target;
  const context = { location, options, addressing, endpoint };
  Object.assign(found, { endpointHost: endpoint.host, addressing, ...(proxyHost && { proxyHost }) });

  /** Judges an error of the connection, by its name. */
  function broken(error: unknown, operation: S3Operation = 'list'): StageFailure {
    if (error instanceof S3Error) return new StageFailure(error, fixFor(error, context));
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    const failure: S3Failure = {
      operation,
      name: isLate ? 'TimeoutError' : '',
      message: error instanceof Error ? error.message : '',
      ...(errnoOf(error) === undefined ? {} : { errno: errnoOf(error) ?? '' }),
    };
    const judged = s3Error(failure, {
      location,
      endpointHost: target.url.host,
      isCustomEndpoint: true,
      credentialSource: '',
      requesterPays: options.requesterPays,
      nowMs: Date.now(),
      ...(options.connection === undefined ? {} : { connection: options.connection }),
      ...(proxyHost === undefined ? {} : { proxyHost }),
    });
    return new StageFailure(judged, fixFor(judged, { ...context, errno: errnoOf(error) }));
  }

  function failureOfStage(thrown: unknown): StageFailure {
    if (thrown instanceof S3Error) return new StageFailure(thrown, fixFor(thrown, context));
    const { code, message } = asServingError(thrown);
    if (thrown instanceof ServingError && code !== 'INTERNAL') {
      return new StageFailure(new S3Error('S3_UNAVAILABLE', message), undefined);
    }
    return broken(thrown);
  }

  /** The one unsigned request, for two stages. */
  let probing: Promise<Probe> | undefined;
  const probed = (): Promise<Probe> => (probing ??= probe(target.url, options, signal));

  try {
    await run('name', () => nameStage(target, context));
    await run('connect', async () => {
      const at = proxyHost === undefined ? target.url : new URL(`http://${proxyHost}`);
      await knock(at, options.connectTimeoutMs, signal);
      return { status: 'ok', detail: `${at.hostname}, port ${portOf(at)}${proxyHost === undefined ? '' : ' (proxy)'}` };
    });
    await run('tls', () => tlsStage(endpoint, target, options, probed, broken, signal));
    await run('clock', async () => {
      const { serverMs, ms } = await probed().catch((error: unknown) => {
        throw broken(error);
      });
      if (serverMs === undefined) return { status: 'skipped', detail: 'the server does not tell the time' };
      found.clockSkewMs = Date.now() - ms / 2 - serverMs;
      // The server tells whole seconds.
      const offMs = Math.abs(found.clockSkewMs) < 1500 ? 0 : found.clockSkewMs;
      const words = offMs === 0 ? 'the same' : `${durationOf(offMs)} ${offMs > 0 ? 'ahead' : 'behind'}`;
      if (Math.abs(offMs) <= MAX_SKEW_MS || options.credentials === 'anonymous') return { status: 'ok', detail: words };
      const cause = `the clock of this computer is ${words}; the store refuses signatures more than 15 min off`;
      const error = new S3Error('S3_CLOCK_SKEW', `${describeS3Location(location)}: ${cause}.`);
      throw new StageFailure(error, fixFor(error, context));
    });
    const listing: { objects?: readonly ListedObject[]; denied?: S3Error } = {};
    await run('signature', async () => {
      try {
        listing.objects = await firstObjects(location, requests, signal);
      } catch (error) {
        if (!(error instanceof S3Error) || !OF_LISTING.has(error.s3Code)) throw error;
        listing.denied = error;
      }
      return regionOutcome(location, options, isRegionGiven, clients, found, context);
    });
    await run('list', () => {
      if (listing.denied !== undefined) throw listing.denied;
      return { status: 'ok', detail: listedWords(location, listing.objects ?? []) };
    });
    await run('read', () => readStage(location, listing.objects ?? [], requests, signal));
    state = 'ok';
  } catch (thrown) {
    if (!(thrown instanceof StageFailure)) throw thrown;
    state = 'failed';
    for (const [stage, { status }] of stages) if (status === 'waiting') stages.set(stage, { stage, status: 'skipped' });
  }
  onNews(result());
  return result();
}

/** What a listing can be refused for when the store has taken the signature. */
const OF_LISTING: ReadonlySet<string> = new Set(['S3_LIST_DENIED', 'S3_NO_SUCH_BUCKET', 'S3_KMS_DENIED']);

/** Where requests go. */
interface Target {
  /** Of the store. */
  readonly endpoint: URL;
  /** The same with the bucket in the host's name, where it is addressed so. */
  readonly url: URL;
  readonly addressing: BucketAddressing;
  readonly proxyHost: string | undefined;
}

function targetOf(location: S3Location, options: S3Options): Target {
  const region = options.region ?? REGION_OF_OTHERS;
  const endpoint = new URL(location.endpoint ?? options.endpoint ?? `https://s3.${region}.amazonaws.com`);
  const addressing = addressingOf(location, options);
  const url = new URL(endpoint);
  if (addressing.style === 'virtual' && !location.bucket.startsWith('arn:')) {
    url.hostname = `${location.bucket}.${endpoint.hostname}`;
  }
  return { endpoint, url, addressing, proxyHost: proxyHostFor(url.href, options.proxy) };
}

async function nameStage(
  { endpoint, url, proxyHost, addressing }: Target,
  context: Parameters<typeof fixFor>[1],
): Promise<Outcome> {
  const host = proxyHost === undefined ? url.hostname : new URL(`http://${proxyHost}`).hostname;
  try {
    const addresses = await lookUp(host);
    if (addresses === undefined) return { status: 'skipped', detail: `${host} is an address already` };
    const count = addresses === 1 ? '1 address' : `${addresses} addresses`;
    return { status: 'ok', detail: `${host}: ${count}${proxyHost === undefined ? '' : ' (proxy)'}` };
  } catch (error) {
    const isBucketsOnly =
      proxyHost === undefined &&
      addressing.style === 'virtual' &&
      (await lookUp(endpoint.hostname).then(
        () => true,
        () => false,
      ));
    const cause = `the host ${host} is not known (${errnoOf(error) ?? 'no answer'})`;
    const failed = new S3Error('S3_UNREACHABLE', `${describeS3Location(context.location)}: ${cause}.`);
    const fix: Fix = isBucketsOnly
      ? {
          text: 'The endpoint is known, but not with the bucket in front of it: use path style',
          change: { addressing: 'path' },
        }
      : { text: `Check the spelling of the ${proxyHost === undefined ? 'endpoint' : 'proxy'}, and the network` };
    throw new StageFailure(failed, fix);
  }
}

async function tlsStage(
  endpoint: URL,
  { url }: Target,
  options: S3Options,
  probed: () => Promise<Probe>,
  broken: (error: unknown) => StageFailure,
  signal: AbortSignal,
): Promise<Outcome> {
  if (url.protocol === 'http:') {
    if (!(await wantsTls(url, probed, signal))) {
      return { status: 'skipped', detail: 'plain HTTP: nothing is encrypted' };
    }
    throw broken(Object.assign(new Error('TLS'), { code: 'HPE_INVALID_CONSTANT' }));
  }
  const { tls } = await probed().catch((error: unknown) => {
    throw broken(error);
  });
  if (!tls) return { status: 'skipped', detail: `${endpoint.host} did not use TLS` };
  const words = `${tls.protocol}, certificate by ${tls.issuer}`;
  if (tls.fault === undefined) return { status: 'ok', detail: words };
  if (!options.verifyTls) return { status: 'ok', detail: `${words}; NOT VERIFIED, as chosen (${tls.fault})` };
  throw broken(Object.assign(new Error('certificate'), { code: certificateErrno(tls.fault) }));
}

/** Whether a server that is to speak plain HTTP answers in TLS, or says that it wants it. */
async function wantsTls(url: URL, probed: () => Promise<Probe>, signal: AbortSignal): Promise<boolean> {
  const answer = await probed().catch(() => undefined);
  if (answer && !(answer.status === 400 && /https/iu.test(answer.body))) return false;
  return speaksTls(url.href, signal);
}

function certificateErrno(fault: string): string {
  return /^[A-Z_]+$/u.test(fault) ? fault : 'ERR_TLS_CERT_ALTNAME_INVALID';
}

async function firstObjects(
  location: S3Location,
  requests: S3Requests,
  signal: AbortSignal,
): Promise<readonly ListedObject[]> {
  const { key } = location;
  const below = await requests.list(location, { prefix: key === '' ? '' : `${key}/`, maxKeys: LISTED_KEYS }, signal);
  if (below.objects.length > 0 || key === '') return below.objects;
  const alike = await requests.list(location, { prefix: key, maxKeys: 1 }, signal);
  return alike.objects.filter((object) => object.key === key);
}

async function regionOutcome(
  location: S3Location,
  options: S3Options,
  isRegionGiven: boolean,
  clients: S3Clients,
  found: { region?: string | undefined },
  context: Parameters<typeof fixFor>[1],
): Promise<Outcome> {
  const { circumstances } = await clients.of(location);
  const { region } = circumstances;
  if (region !== undefined) found.region = region;
  if (isRegionGiven && region !== undefined && options.region !== undefined && region !== options.region) {
    const cause = `the bucket is in region ${region}, not in ${options.region}`;
    const error = new S3Error('S3_WRONG_REGION', `${describeS3Location(location)}: ${cause}.`);
    throw new StageFailure(error, fixFor(error, { ...context, region }));
  }
  const place = region === undefined ? '' : `region ${region}`;
  if (options.credentials === 'anonymous') return { status: 'skipped', detail: `requests are not signed; ${place}` };
  return { status: 'ok', detail: `credentials from ${circumstances.credentialSource}; ${place}` };
}

function listedWords({ key }: S3Location, objects: readonly ListedObject[]): string {
  if (objects.length === 0)
    return key === '' ? 'allowed; the bucket is empty' : 'allowed; nothing is below this prefix';
  if (objects.length === 1) return '1 object';
  return objects.length < LISTED_KEYS ? `${objects.length} objects` : `${LISTED_KEYS} objects or more`;
}

async function readStage(
  location: S3Location,
  objects: readonly ListedObject[],
  requests: S3Requests,
  signal: AbortSignal,
): Promise<Outcome> {
  const [first] = objects.toSorted((one, other) => suitability(other) - suitability(one));
  if (!first) return { status: 'skipped', detail: 'there is no object to read' };
  const name = first.key.slice(first.key.lastIndexOf('/') + 1) || first.key;
  const range = first.sizeBytes > 0 ? { start: 0, end: 1 } : undefined;
  const { body } = await requests.get({ ...location, key: first.key }, first.revision, range, signal);
  body.destroy();
  return { status: 'ok', detail: `the first byte of ${name}` };
}

function suitability({ sizeBytes, archivedIn }: ListedObject): number {
  return (archivedIn === undefined ? 2 : 0) + (sizeBytes > 0 ? 1 : 0);
}

function durationOf(ms: number): string {
  const seconds = Math.abs(ms) / 1000;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
