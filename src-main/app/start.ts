import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createRecordFile } from '../api/recording/record-file.ts';
import { createRequestRecorder } from '../api/recording/request-recorder.ts';
import { createTrafficTally } from '../api/traffic/traffic-tally.ts';
import { createModelTimeline } from '../api/ui/model-timeline.ts';
import { createUiFeed } from '../api/ui/ui-feed.ts';
import { createUiServer } from '../api/ui/ui-server.ts';
import type { Settings } from '../config/settings.ts';
import { ServableName } from '../contracts/ids.ts';
import type { Logger } from '../contracts/logger.ts';
import type { RequestObserver } from '../contracts/request-outcome.ts';
import { MODEL_VERSION_HEADER } from '../contracts/rest.ts';
import type { SecretStore } from '../contracts/secret-store.ts';
import type { ServerView } from '../contracts/ui.ts';
import { createModelReader } from '../inference/model-reader.ts';
import { describeModelFile } from '../inference/describe-model-file.ts';
import { describeVersion } from '../inference/onnx-model/model-file.ts';
import { createPathInspector } from '../storage/inspect-path.ts';
import type { FileSystemRegistry } from '../storage/file-system.ts';
import type { Application } from './application.ts';
import { listAwsProfiles } from './aws-profiles.ts';
import { followCatalogue } from './follow-catalogue.ts';
import { createLoadTestReports } from './load-test-reports.ts';
import { createLoadTests, loadTestThreads } from './load-tests.ts';
import type { LogBook } from './log-book.ts';
import { inFlightOf, loadedServable } from './manager-queries.ts';
import { createModelChanges } from './model-changes.ts';
import { createModelCatalogue, followSettings } from './model-catalogue.ts';
import { createModelFiles } from './model-files.ts';
import { createModelPipeline } from './model-pipeline.ts';
import { createPlayHistory } from './play-history.ts';
import { createPlayModelFiles } from './play-model-files.ts';
import { createPlayPresets } from './play-presets.ts';
import { listSampleModels } from './sample-models.ts';
import { createPublicEndpoints } from './public-endpoints.ts';
import { createServing, type ServingOptions } from './serving/serving.ts';
import { openSettingsStore } from './settings-store.ts';
import { openStores } from './stores.ts';
import { systemClock } from './system-clock.ts';
import { createTaskBoard } from './task-board.ts';
import { defaultDataDirectory } from './data-directory.ts';
import { createGraphCommands } from './ui-graph-commands.ts';
import { createServingCommands } from './ui-serving-commands.ts';
import { createSettingsCommands } from './ui-settings-commands.ts';
import { createTrafficCommands } from './ui-traffic-commands.ts';
import { createPlayCommands } from './ui-play-commands.ts';
import { createUiCommands } from './ui-commands.ts';
import { createSourcesCommands } from './ui-sources-commands.ts';
import { SLIPWAY_VERSION } from './version.ts';
import type { WorkerHost } from './worker-host.ts';

/** What the build of the user interface writes where the server puts a nonce; the same as in electron.vite.config.ts. */
const NONCE_PLACEHOLDER = '__CSP_NONCE__';
/** The user interface is for this computer only, whatever the REST API listens on. */
const UI_HOST = '127.0.0.1';
/** Commands of the user interface are short; its event streams are cut. */
const UI_CLOSE_MS = 1000;
/** Time for unloading after the drain deadline; a worker that needs longer is ended. */
const UNLOAD_MS = 2000;

export interface StartOptions {
  readonly settings: Settings;
  /** Absolute paths: of the settings file's folder, of the built user interface, the sample models, the .proto files. */
  readonly dataDirectory: string;
  readonly rendererDirectory: string;
  readonly samplesDirectory: string;
  readonly protosDirectory: string;
  readonly workerHost: WorkerHost;
  /** Absolute paths of the built threads that talk to stores; each is started when the first model there appears. */
  readonly s3WorkerEntry: string;
  readonly httpsWorkerEntry: string;
  /** Absolute path of the built thread of load tests. */
  readonly loadTestWorkerEntry: string;
  /** Absolute path of the built thread that reads the files of versions. */
  readonly modelReaderEntry: string;
  readonly logBook: LogBook;
  /** Where the host keeps secrets; by default nowhere. */
  readonly secrets?: SecretStore;
  /** See {@link ServingOptions}. */
  readonly given: ServingOptions['given'];
  readonly remembersSwitch: boolean;
  /** Called when somebody without a session, or with a used link, asks for the user interface. */
  readonly onSignInNeeded?: () => void;
}

/**
 * Builds the object graph and starts it: storage path source, ONNX adapter, manager, REST API, user interface.
 * @returns when the ports are open; models come as they load. Where the switch is remembered, those of the endpoints need
 *   not be: the user interface then says why.
 * @throws ServingError when a port cannot be opened, or ONNX Runtime is missing or too old; nothing is left running then.
 */
export async function startApplication(options: StartOptions): Promise<Application> {
  const { settings, logBook } = options;
  /** Each part of the server says which it is. */
  const logOf = (component: string): Logger => logBook.log.child({ component });
  const log = logOf('server');
  const clock = systemClock;
  const stopSources = new AbortController();

  const store = await openSettingsStore(options.dataDirectory, logOf('settings'));
  const samples = settings.serveSamples ? await listSampleModels(options.samplesDirectory, log) : [];
  const stores = openStores({ ...options, cache: settings.cache }, logOf('storage'));
  const { registry } = stores;
  const conceal = (basePath: string): string => stores.conceal(basePath);
  const catalogue = createModelCatalogue({ configured: settings.models, samples, conceal }, store);

  const tasks = createTaskBoard({ clock });
  const pipeline = await createModelPipeline(
    {
      settings,
      store,
      stores,
      catalogue,
      tasks,
      workerHost: options.workerHost,
      secrets: options.secrets,
      clock,
      logOf,
    },
    stopSources.signal,
  );
  const { manager, source, labels, configuration, directory, sources, holds } = pipeline;
  const recordFile =
    settings.recordFile === undefined ? undefined : createRecordFile({ path: settings.recordFile }, log);
  const recorder = createRequestRecorder(
    { settings: settings.recording },
    recordFile && { onRecorded: (record) => recordFile.write(record) },
  );
  const traffic = createTrafficTally({
    clock,
    modelNamed(name) {
      const known = ServableName.safeParse(name).data;
      return known && catalogue.find(known)?.config.name;
    },
    inFlight: (model) => inFlightOf(manager.states, model),
    lastRequest: () => recorder.lastSequence(),
  });
  const changes = createModelChanges({
    catalogue,
    directory,
    states: manager.states,
    labels,
    holds,
    memory: () => manager.memory(),
    bytesOf: (id) => loadedServable(manager, id)?.memory.estimatedBytes ?? manager.expectedBytes(id),
  });
  const timeline = createModelTimeline({ clock, states: manager.states, directory, labels, holds });
  const observer: RequestObserver = (outcome) => {
    pipeline.metrics.observe(outcome);
    traffic.observe(outcome);
    timeline.observe(outcome);
    recorder.observe(outcome);
  };

  const configs = () => catalogue.models().map(({ config }) => config);
  const modelNames = () => configs().map(({ name }) => name);
  const unfollowCatalogue = followCatalogue({ catalogue, source, forget: (name) => manager.forget(name) });

  let isQuitting = false;
  const endpoints = createPublicEndpoints(options, {
    handles: manager,
    states: manager.states,
    labels,
    models: modelNames,
    observer,
    onRefused: traffic.observeRefused,
    metrics: pipeline.metrics,
    reload: (models, signal) => configuration.reload(models, signal),
    log: logOf('api'),
  });
  const serving = createServing(options, {
    endpoints,
    store,
    clock,
    onChange: () => feed.serverChanged(),
    log: logOf('api'),
  });
  catalogue.subscribe(() => {
    endpoints.modelsChanged();
    serving.settingsChanged();
  });
  const loadTests = createLoadTests({
    clock,
    tasks,
    reports: createLoadTestReports(join(options.dataDirectory, 'load-tests'), logOf('server')),
    restUrl: () => serving.listening()[0]?.restUrl,
    startThread: loadTestThreads(options.loadTestWorkerEntry),
    log: logOf('server'),
  });
  const playDirectory = join(options.dataDirectory, 'playground');
  const playFiles = createPlayModelFiles({
    registry,
    basePath: (name) => catalogue.find(name)?.config.basePath,
  });
  const playPresets = createPlayPresets(join(playDirectory, 'presets'), playFiles, logOf('server'));
  const playHistory = createPlayHistory(join(playDirectory, 'history'), logOf('server'));
  const modelReader = createModelReader({ entry: options.modelReaderEntry });
  const modelFiles = createModelFiles({
    registry,
    configOf: (name) => catalogue.find(name)?.config,
    report: (name) => source.report(name),
    reader: modelReader,
  });
  const instanceId = randomUUID();
  const startedAtMs = clock.now();
  const feed = createUiFeed({
    clock,
    states: manager.states,
    timeline,
    directory,
    labels,
    loaded: (id) => loadedServable(manager, id),
    expectedBytes: (id) => manager.expectedBytes(id),
    downloads: pipeline.downloads,
    holds,
    boards: { tasks, traffic, logs: logBook, sources: sources.board, access: serving.tokens.board },
    server: () => ({
      version: SLIPWAY_VERSION,
      instanceId,
      startedAtMs,
      isQuitting,
      serving: serving.view(),
      ...serving.addresses(),
      configProblem: configuration.problem(),
      memory: manager.memory(),
      modelVersionHeader: MODEL_VERSION_HEADER,
      platform: platformView(),
    }),
  });
  configuration.onProblemChange(() => feed.serverChanged());

  const ui = createUiServer(
    { staticDirectory: options.rendererDirectory, noncePlaceholder: NONCE_PLACEHOLDER, instanceId },
    {
      feed,
      commands: createUiCommands({
        catalogue,
        inspector: createPathInspector({
          registry,
          describeVersion,
          describeModelFile,
          homeDirectory: homedir(),
          conceal,
        }),
        pollNow: (name) => source.pollNow(name),
        retryVersion: (id) => manager.retry(id),
        tasks,
        logBook,
        timeline,
        changes,
        holds,
        traffic: createTrafficCommands({ recorder, traffic, loadTests }),
        play: createPlayCommands({ presets: playPresets, history: playHistory, files: playFiles }),
        serving: createServingCommands(serving),
        graph: createGraphCommands(modelFiles),
        settings: createSettingsCommands({
          settings,
          catalogue,
          logThreshold: logBook.threshold,
          dataDirectory: options.dataDirectory,
          homeDirectory: homedir(),
          usualDataDirectory: defaultDataDirectory({
            platform: process.platform,
            env: process.env,
            homeDirectory: homedir(),
          }),
          endpoints: () => serving.listening(),
          uiOrigin: () => uiOrigin,
        }),
        sources: createSourcesCommands({
          ...sources,
          awsProfiles: () => listAwsProfiles(process.env, homedir()),
          cancelDownload: (id) => pipeline.downloads.cancel(id),
        }),
      }),
      clock,
      log: logOf('ui'),
      restUrl: () => serving.addresses().restUrl,
      ...(options.onSignInNeeded && { onSignInNeeded: options.onSignInNeeded }),
    },
  );

  let uiOrigin: string;
  try {
    await serving.begin();
    const listening = await ui.listen({ host: UI_HOST, port: settings.ui.port });
    uiOrigin = listening.url;
    endpoints.allowOrigins(listening.origins);
  } catch (error) {
    unfollowCatalogue();
    feed.close();
    traffic.close();
    timeline.close();
    pipeline.close();
    const atOnce = { deadlineMs: 0 };
    await Promise.all([serving.close(atOnce), ui.close(atOnce), pipeline.runtime.close()]);
    await stores[Symbol.asyncDispose]();
    throw error;
  }
  await sources.start();
  void followSettings(catalogue, clock, stopSources.signal);
  if (settings.configFilePoll) void configuration.followFile(settings.configFilePoll, stopSources.signal);
  const sourceStopped = pipeline.run();

  async function stop(): Promise<void> {
    const { drainDeadlineMs } = settings.manager;
    // One deadline for requests and versions together, not one after the other.
    const drained = AbortSignal.timeout(drainDeadlineMs);
    const stoppingAtMs = clock.now();
    isQuitting = true;
    feed.serverChanged();
    stopSources.abort();
    unfollowCatalogue();
    // Its requests would keep the server busy until the deadline.
    await loadTests.close();
    try {
      await serving.close({ deadlineMs: drainDeadlineMs });
      const leftMs = Math.max(0, drainDeadlineMs - (clock.now() - stoppingAtMs)) + UNLOAD_MS;
      await doneOrAfter(leftMs, Promise.all([sourceStopped, manager.shutDown(drained)]));
    } finally {
      // By force where a worker does not answer, so nothing is left behind whatever went wrong above.
      await pipeline.runtime.close();
      await stores[Symbol.asyncDispose]();
      await Promise.all([ui.close({ deadlineMs: UI_CLOSE_MS }), modelReader.close(), recordFile?.close()]);
      feed.close();
      traffic.close();
      timeline.close();
      pipeline.close();
    }
    log.info({}, 'stopped');
  }

  let stopped: Promise<void> | undefined;
  const { restUrl } = serving.addresses();
  log.info(
    { restUrl, uiOrigin, models: configs().length },
    serving.view().state === 'running' ? 'serving' : 'not serving',
  );
  return {
    addresses: () => serving.addresses(),
    startServing: () => serving.start({}),
    stopServing: () => serving.stop(),
    uiOrigin,
    issueSignInUrl: () => ui.issueSignInUrl(),
    servedFolders: () =>
      configs().flatMap(({ basePath }) => {
        const folder = localFolder(registry, basePath);
        return folder === undefined ? [] : [folder];
      }),
    follow(onMessage) {
      const reading = feed.open(onMessage);
      for (const message of reading.initial) onMessage(message);
      return () => reading.close();
    },
    stop: () => (stopped ??= stop()),
  };
}

async function doneOrAfter(ms: number, done: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race([done, systemClock.sleep(ms, over.signal)]);
  } finally {
    over.abort();
  }
}

/** The native path of a base path on a local disk; undefined for one that is elsewhere or cannot be understood. */
function localFolder(registry: FileSystemRegistry, basePath: string): string | undefined {
  try {
    const { fileSystem, path } = registry.resolve(basePath);
    return fileSystem.scheme === 'file' ? path : undefined;
  } catch {
    return undefined;
  }
}

function platformView(): ServerView['platform'] {
  const { platform } = process;
  return platform === 'linux' || platform === 'darwin' || platform === 'win32' ? platform : 'other';
}
