import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type CheckedModels, checkModelConfigs, checkTransition } from '../config/check-model-configs.ts';
import { type ConfiguredModel, type Settings, withDefaultOptions } from '../config/settings.ts';
import type { ServableName } from '../contracts/ids.ts';
import type { Logger } from '../contracts/logger.ts';
import type {
  AspiredVersionPolicyName,
  ModelConfig,
  ModelConfigMessage,
  ModelOptions,
} from '../contracts/model-config.ts';
import { asServingError, ServingError } from '../contracts/serving-error.ts';
import type { SourceReport } from '../contracts/source-report.ts';
import type { ServerView } from '../contracts/ui.ts';
import type { Clock } from '../core/clock.ts';
import type { ServableStates, VersionStatus } from '../core/servable-state-monitor.ts';
import type { VersionLabelsStore } from '../core/version-labels.ts';
import { errnoOf } from '../storage/errno.ts';
import { sharedFileSystemCalls } from '../storage/file-system-calls.ts';
import { readModelConfigText } from './configured-models.ts';
import type { CatalogueModel, ModelCatalogue } from './model-catalogue.ts';

/** A hundred thousand models fit. */
const MAX_CONFIG_BYTES = 64 * 1024 ** 2;

export type ConfigProblem = NonNullable<ServerView['configProblem']>;

export interface ModelConfigurationDeps {
  readonly catalogue: ModelCatalogue;
  readonly labels: VersionLabelsStore;
  readonly states: Pick<ServableStates, 'versions' | 'subscribe'>;
  readonly source: {
    report(name: ServableName): SourceReport;
    onReport(listener: (name: ServableName) => void): () => void;
  };
  /** @throws ServingError INVALID_ARGUMENT for a base path that no file system of this server can serve. */
  readonly checkBasePath: (basePath: string) => void;
  /** Called for a model whose options changed, after the change: what failed under the old ones is worth another try. */
  readonly onOptionsChanged?: (name: ServableName) => void;
  /** Called for a model whose aspired-version policy changed, after the change. */
  readonly onPolicyChanged?: (name: ServableName) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The life of the configuration after the start: the config file that is read again, and reload requests. */
export interface ModelConfiguration {
  /** The options of a model as they count now; a change takes effect at the next load of each version. */
  optionsFor(name: ServableName): ModelOptions;
  aspiredVersionPolicyFor(name: ServableName): AspiredVersionPolicyName;
  /**
   * Serves these models in the place of those of the command line, its config file and the samples, and waits until each
   * model that was not served before has a version that is available or has failed, or turns out to have none.
   * Nothing is written to disk. Source: TensorFlow Serving model_servers/server_core.cc ReloadConfig. Deviations: either
   * all of it takes effect or nothing; a model without versions ends the wait; so does the signal.
   * @param messages undefined asks for nothing, `[]` for no models.
   * @throws ServingError INVALID_ARGUMENT or FAILED_PRECONDITION when nothing has changed; UNKNOWN when everything is in
   *   effect and some new models did not become available; the reason of the signal, or CANCELLED.
   */
  reload(messages: readonly ModelConfigMessage[] | undefined, signal: AbortSignal): Promise<void>;
  /**
   * Reads the config file again and serves what it lists now. A file that cannot be read or used changes nothing; it is
   * logged once and told by {@link problem} until it is corrected. Never rejects.
   */
  pollFile(path: string, signal: AbortSignal): Promise<void>;
  /** Does so again and again until the signal aborts, at once first. */
  followFile(poll: NonNullable<Settings['configFilePoll']>, signal: AbortSignal): Promise<void>;
  /** Why the configuration file as it is now is not what runs; undefined while it is. */
  problem(): ConfigProblem | undefined;
  /** Calls back when {@link problem} has changed. */
  onProblemChange(listener: () => void): () => void;
}

/**
 * Takes over the configuration that the catalogue starts with. From here on the labels follow the catalogue.
 * @throws ServingError FAILED_PRECONDITION when a label of it may not be used.
 */
export function createModelConfiguration(
  defaults: Settings['modelDefaults'],
  deps: ModelConfigurationDeps,
): ModelConfiguration {
  const { catalogue, labels, clock, log } = deps;
  const listeners = new Set<() => void>();
  let problem: ConfigProblem | undefined;
  let last: Promise<unknown> = Promise.resolve();
  /** The content of the file that was last applied without a fault. */
  let applied: string | undefined;
  /** As it was read last, and the last that could not be used. */
  let lastRead: string | undefined;
  let refused: string | undefined;
  /** What was made of the text that is being applied, or could not be. */
  let parsed: { readonly text: string; readonly checked: Promise<CheckedModels | undefined> } | undefined;

  let served = configsByName();
  labels.check([...served.values()]);
  labels.apply([...served.values()]);
  announce([...served.values()]);
  // First of all listeners, so that whoever hears of a change finds the labels in place.
  catalogue.subscribe(() => {
    const before = served;
    served = configsByName();
    labels.apply([...served.values()]);
    for (const [name, config] of served) tellChanges(name, before.get(name), config);
  });

  function configsByName(): ReadonlyMap<ServableName, ModelConfig> {
    return new Map(catalogue.models().map(({ config }) => [config.name, config]));
  }

  function tellChanges(name: ServableName, before: ModelConfig | undefined, after: ModelConfig): void {
    if (before === undefined || before === after) return;
    if (!isDeepStrictEqual(before.options, after.options)) deps.onOptionsChanged?.(name);
    if (policyOf(before) !== policyOf(after)) deps.onPolicyChanged?.(name);
  }

  function policyOf(config: ModelConfig | undefined): AspiredVersionPolicyName {
    return config?.aspiredVersionPolicy ?? defaults.aspiredVersionPolicy;
  }

  /** One change after the other, each against what the one before it left. */
  function inTurn<T>(change: () => T | Promise<T>): Promise<T> {
    const result = last.then(change);
    last = result.catch(() => undefined);
    return result;
  }

  /** Takes effect in one turn of the event loop, or not at all. @returns names that were not served before. */
  async function apply({ configs, warnings }: CheckedModels): Promise<readonly ServableName[]> {
    // Reading and checking a long list takes a while; requests come first, here and below.
    await nextTurn();
    const wanted = configs.map((config): ConfiguredModel => {
      const known = catalogue.find(config.name);
      // The object as it was, where nothing changed: nobody has to look at such a model again.
      return { config: known && isDeepStrictEqual(known.config, config) ? known.config : config, origin: 'config' };
    });
    await nextTurn();

    const before = new Map(catalogue.models().map((model) => [model.config.name, model]));
    checkTransition(configsOf([...before.values()]), configs);
    for (const { config } of wanted) if (before.get(config.name)?.config !== config) checkPlace(config);
    const after = catalogue.configuredWith(wanted);
    labels.check(configsOf(after));
    if (isSameList([...before.values()], after)) return [];
    for (const warning of warnings) log.warn({}, warning);
    catalogue.configure(wanted);
    const changed = wanted.flatMap(({ config }) => (before.get(config.name)?.config === config ? [] : [config]));
    announce(changed);
    return changed.flatMap(({ name }) => (before.has(name) ? [] : [name]));
  }

  function checkPlace({ name, basePath }: ModelConfig): void {
    try {
      deps.checkBasePath(basePath);
    } catch (error) {
      const { code, message } = asServingError(error);
      throw new ServingError(code, `Model ${name}: ${message}`, { cause: error });
    }
  }

  /** Wording: TensorFlow Serving model_servers/server_core.cc AddModelsViaModelConfigList. */
  function announce(configs: readonly ModelConfig[]): void {
    log.info({}, 'Adding/updating models.');
    for (const { name } of configs) log.info({ servable: name }, ` (Re-)adding model: ${name}`);
  }

  function setProblem(message: string | undefined): void {
    if (problem?.message === message) return;
    problem = message === undefined ? undefined : { message, sinceMs: clock.now() };
    if (message === undefined) log.info({}, 'the model config file is in effect again');
    else log.warn({ reason: message }, 'the model config file cannot be used as it is now; what ran before goes on');
    for (const listener of listeners) listener();
  }

  async function pollFile(path: string, signal: AbortSignal): Promise<void> {
    try {
      const text = await readConfigText(path, signal);
      lastRead = text;
      // Unchanged it says nothing new: what a reload request has put in its place stands.
      if (text === applied) {
        // Where a reload request took the place of a file that cannot be used, that is still so.
        if (text !== refused) setProblem(undefined);
        return;
      }
      try {
        // What could not be used may be fine by now, a label that was to move, say; reading it again gives the same.
        if (parsed?.text !== text) parsed = { text, checked: readModelConfigText(text) };
        const checked = await parsed.checked;
        if (checked) {
          await inTurn(() => {
            throwIfAborted(signal);
            return apply(checked);
          });
        } else log.info({}, NO_ACTION);
      } catch (error) {
        refused = text;
        throw error;
      }
      parsed = undefined;
      applied = text;
      refused = undefined;
      setProblem(undefined);
    } catch (error) {
      if (signal.aborted) return;
      setProblem(`${basename(path)}: ${asServingError(error).message}`);
      if (!(error instanceof ServingError)) log.error({ error }, 'a look at the model config file failed by a bug');
    }
  }

  return {
    optionsFor: (name) => withDefaultOptions(catalogue.find(name)?.config.options, defaults),
    aspiredVersionPolicyFor: (name) => policyOf(catalogue.find(name)?.config),
    async reload(messages, signal) {
      throwIfAborted(signal);
      if (!messages) {
        log.info({}, NO_ACTION);
        return;
      }
      const checked = checkModelConfigs(messages);
      const added = await inTurn(() => {
        throwIfAborted(signal);
        return apply(checked);
      });
      // It stands until the file says something else than now, also where the file could not be used as it is.
      applied = lastRead ?? applied;
      await untilServed(added, deps, signal);
    },
    pollFile,
    async followFile({ path, intervalMs }, signal) {
      while (!signal.aborted) {
        await pollFile(path, signal);
        await clock.sleep(intervalMs, signal);
      }
    },
    problem: () => problem,
    onProblemChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Wording: TensorFlow Serving model_servers/server_core.cc ReloadConfig. */
const NO_ACTION = 'Taking no action for empty config.';

/**
 * Through the calls that all files of models go through: a drive that hangs holds up neither others nor the end.
 * @throws ServingError UNAVAILABLE for what cannot be read, INVALID_ARGUMENT for what no config file can be.
 */
async function readConfigText(path: string, signal: AbortSignal): Promise<string> {
  const call = <T>(work: () => Promise<T>): Promise<T> => sharedFileSystemCalls().run(path, signal, work);
  try {
    // Before it is opened: to open a pipe would wait for ever.
    const status = await call(() => stat(path));
    if (!status.isFile()) throw new ServingError('INVALID_ARGUMENT', 'it is not a file');
    if (status.size > MAX_CONFIG_BYTES) {
      throw new ServingError(
        'INVALID_ARGUMENT',
        `the file has ${status.size} bytes; at most ${MAX_CONFIG_BYTES} are read`,
      );
    }
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await call(() => readFile(path)));
  } catch (error) {
    if (error instanceof ServingError) throw error;
    if (error instanceof TypeError)
      throw new ServingError('INVALID_ARGUMENT', 'the file is not UTF-8', { cause: error });
    const why = errnoOf(error) ?? 'unknown error';
    throw new ServingError('UNAVAILABLE', `the file cannot be read (${why})`, { cause: error });
  }
}

function isSameList(left: readonly CatalogueModel[], right: readonly CatalogueModel[]): boolean {
  return (
    left.length === right.length &&
    left.every(({ config, origin }, index) => config === right[index]?.config && origin === right[index].origin)
  );
}

function configsOf(models: readonly CatalogueModel[]): readonly ModelConfig[] {
  return models.map(({ config }) => config);
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortError(signal);
}

function abortError({ reason }: AbortSignal): ServingError {
  if (reason instanceof ServingError) return reason;
  return new ServingError('CANCELLED', 'request cancelled', { cause: reason });
}

type Failure = { readonly servable: string; readonly error: ServingError };

/** @throws ServingError UNKNOWN when models did not become available; what the signal says. */
async function untilServed(
  names: readonly ServableName[],
  deps: ModelConfigurationDeps,
  signal: AbortSignal,
): Promise<void> {
  const waiting = new Set(names);
  const failures: Failure[] = [];
  const done = Promise.withResolvers<void>();

  const look = (name: ServableName): void => {
    if (!waiting.has(name)) return;
    const outcome = outcomeOf(name, deps);
    if (outcome === undefined) return;
    waiting.delete(name);
    if (outcome !== 'available') failures.push(outcome);
    if (waiting.size === 0) done.resolve();
  };
  const onAbort = (): void => done.reject(abortError(signal));
  const endings = [
    deps.states.subscribe(({ id }) => look(id.name)),
    deps.source.onReport(look),
    deps.catalogue.subscribe(() => {
      for (const name of waiting) look(name);
    }),
    () => signal.removeEventListener('abort', onAbort),
  ];
  try {
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    for (const name of names) look(name);
    if (waiting.size === 0) done.resolve();
    await done.promise;
  } finally {
    for (const end of endings) end();
  }
  if (failures.length === 0) return;
  // Wording: TensorFlow Serving core/load_servables_fast.cc.
  const listed = failures.map(({ servable, error }) => `{${servable} due to error: ${error.code}: ${error.message}}, `);
  throw new ServingError('UNKNOWN', `${failures.length} model(s) did not become available: ${listed.join('')}}`);
}

/** How the wait for a model ends; undefined while it has to go on. */
function outcomeOf(
  name: ServableName,
  { catalogue, states, source }: ModelConfigurationDeps,
): 'available' | Failure | undefined {
  const model = catalogue.find(name);
  if (!model) {
    const error = new ServingError('ABORTED', 'another configuration has no such model');
    return { servable: `{name: ${name}}`, error };
  }
  const versions = states.versions(name).filter(({ aspired }) => aspired);
  if (versions.some(({ state }) => state.phase === 'available')) return 'available';
  const ended = versions.find(({ state }) => state.phase === 'end');
  if (versions.some(({ state }) => state.phase !== 'end')) return undefined;
  if (ended) return { servable: `{name: ${name} version: ${ended.id.version}}`, error: errorOf(ended) };
  const { status, message, versions: found } = source.report(name);
  const isComing = found.some((version) => version.aspired || version.waiting !== undefined);
  if (status === 'pending' || (status === 'ok' && isComing)) return undefined;
  // The report is for the local user and may name the path; this goes to whoever asked for the reload.
  const why = message?.replaceAll(model.config.basePath, '…') ?? `No versions of servable ${name} found`;
  const error = new ServingError('NOT_FOUND', why);
  return { servable: `{name: ${name}}`, error };
}

function errorOf({ state }: VersionStatus): ServingError {
  const error = 'error' in state ? state.error : undefined;
  return error ?? new ServingError('UNKNOWN', 'it ended without an error');
}
