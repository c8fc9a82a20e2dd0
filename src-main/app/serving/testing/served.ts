import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { onTestFinished } from 'vitest';
import { type Ending, PROTOS_DIRECTORY, TestClient } from '../../../api/grpc/testing/grpc-client.ts';
import { FakeModels } from '../../../api/testing/fake-models.ts';
import { parseFlags } from '../../../config/flags.ts';
import { settingsFromFlags } from '../../../config/settings.ts';
import { silentLogger } from '../../../contracts/logger.ts';
import { ServingView } from '../../../contracts/ui-serving.ts';
import { systemClock } from '../../system-clock.ts';
import { createPublicEndpoints } from '../../public-endpoints.ts';
import type { StoredSettings } from '../../settings-store.ts';
import type { PresentAddress } from '../exposure.ts';
import { createServing, type Serving, type ServingOptions } from '../serving.ts';
import type { StoredServing } from '../serving-settings.ts';

const STATUS = '/tensorflow.serving.ModelService/GetModelStatus';

/** Stands in for an address of the network: every address 127.x.y.z of Linux and Windows is this computer. */
export const lan = (address: string, over: Partial<PresentAddress> = {}): PresentAddress => ({
  interface: 'en0',
  family: 'ipv4',
  kind: 'network',
  address,
  network: '127.0.0.0/24',
  ...over,
});
/** The interface of {@link lan}, and where that is. */
export const EN0 = { interface: 'en0', family: 'ipv4' } as const;
export const EN0_NETWORKS = [{ ...EN0, network: '127.0.0.0/24' }];

export interface ServedSetting {
  readonly onChange?: () => void;
  readonly argv?: readonly string[];
  readonly stored?: StoredServing;
  readonly remembersSwitch?: boolean;
  readonly given?: ServingOptions['given'];
}

/** The switch of real endpoints with models that are set up by hand; closed when the test ends. */
export function served({
  argv = ['--rest_api_port=0'],
  stored,
  remembersSwitch = false,
  given = ['restPort'],
  onChange,
}: ServedSetting = {}) {
  const settings = settingsFromFlags(parseFlags(argv).flags, { models: [] });
  const models = new FakeModels();
  const endpoints = createPublicEndpoints(
    { settings, protosDirectory: PROTOS_DIRECTORY },
    {
      handles: models,
      states: models,
      labels: models,
      models: () => models.names(),
      observer: () => undefined,
      metrics: { render: async () => ({ contentType: 'text/plain', body: '' }), counterValue: () => undefined },
      reload: () => Promise.resolve(),
      log: silentLogger,
    },
  );
  let current: StoredSettings = {
    formatVersion: 1,
    models: [],
    removedSamples: [],
    ...(stored && { serving: stored }),
  };
  let last = Promise.resolve();
  /** One change after the other, each a little later, as with a file. */
  function update(change: (before: StoredSettings) => StoredSettings): Promise<void> {
    const done = last.then(async () => {
      await new Promise(setImmediate);
      current = change(current);
    });
    last = done.catch(() => undefined);
    return done;
  }
  let present: readonly PresentAddress[] = [lan('127.0.0.2')];
  const views: ServingView[] = [];
  const serving: Serving = createServing(
    { settings, given, remembersSwitch },
    {
      endpoints,
      store: { current: () => current, update },
      clock: systemClock,
      onChange() {
        views.push(ServingView.parse(serving.view()));
        onChange?.();
      },
      log: silentLogger,
      networkAddresses: () => present,
      recheckMs: 5,
    },
  );
  onTestFinished(() => serving.close({ deadlineMs: 0 }));
  return {
    serving,
    models,
    endpoints,
    views,
    kept: () => current.serving,
    /** As another process writes it. */
    writeSettings: (change: (before: StoredServing) => StoredServing) =>
      update((before) => ({ ...before, serving: change(before.serving ?? {}) })),
    setNetwork: (addresses: readonly PresentAddress[]) => (present = addresses),
  };
}

/** Systems give out ports above these by themselves: to who asks for any, and to each connection. */
const LOWEST_PORT = 20_000;
const PORTS = 12_000;

/** A port that is free, and that nobody gets by chance before it is taken. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST_PORT + randomInt(PORTS);
    const holder = createServer().listen(port, '127.0.0.1');
    const isFree = await once(holder, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    await new Promise((resolve) => holder.close(resolve));
    return port;
  }
}

/** A port that another server has, until `free`. */
export async function takenPort() {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const free = async (): Promise<void> => {
    await new Promise((resolve) => holder.close(resolve));
  };
  onTestFinished(free);
  return { port, free };
}

/** One request on a connection of its own. */
export async function get(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, method, agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    sent.once('error', reject).end(method === 'POST' ? '{}' : undefined);
  });
}

export const statusOf = (serving: Serving): Promise<number> => get(`${serving.addresses().restUrl}/healthz`);
export const predict = (serving: Serving): Promise<number> =>
  get(`${serving.addresses().restUrl}/v1/models/m:predict`, {}, 'POST');

/** Closed when the test ends. */
export function grpcClient(serving: Serving): TestClient {
  const client = new TestClient(serving.addresses().grpcAddress ?? '');
  onTestFinished(() => client[Symbol.dispose]());
  return client;
}

export const callOn = (client: TestClient): Promise<Ending> => client.call(STATUS, { model_spec: { name: 'm' } });
