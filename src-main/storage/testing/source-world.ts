import { type ServableId, ServableName, servableKey, ServableVersion } from '../../contracts/ids.ts';
import { type Logger, silentLogger } from '../../contracts/logger.ts';
import { LATEST_ONE, type ModelConfig, type VersionPolicy } from '../../contracts/model-config.ts';
import type { SourceReport } from '../../contracts/source-report.ts';
import { createManualClock, type ManualClock } from '../../core/testing/manual-clock.ts';
import { createFileSystemRegistry } from '../file-system-registry.ts';
import type { PollingAdvice } from '../file-system.ts';
import type { CompletenessCheck, StoragePath } from '../storage-path.ts';
import {
  createFileSystemStoragePathSource,
  type FileSystemStoragePathSource,
  type FileSystemStoragePathSourceOptions,
} from '../storage-path-source.ts';
import { createMemoryFileSystem, type MemoryFileSystem } from './memory-file-system.ts';

export const MODEL = ServableName.parse('resnet');
export const BASE = '/models/resnet';

export function modelConfig(name: string = MODEL, basePath = BASE, versionPolicy = LATEST_ONE): ModelConfig {
  return { name: ServableName.parse(name), basePath, versionPolicy };
}

export function specific(...versions: readonly string[]): VersionPolicy {
  return { kind: 'specific', versions: versions.map((version) => ServableVersion.parse(version)) };
}

/** A source over a memory file system and a manual clock, and what came out of it. */
export interface SourceWorld extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly files: MemoryFileSystem;
  readonly source: FileSystemStoragePathSource;
  /** Everything emitted since the last take, as `name: version@path, ...`. */
  takeEmissions(): readonly string[];
  /** The data of the last emission for the model. */
  lastData(): readonly StoragePath[];
  /** Reports that were announced since the last take. */
  takeReports(): readonly SourceReport[];
  readonly warnings: readonly string[];
  /** Model files so old that they need not settle. */
  addOldVersions(base: string, ...entries: readonly string[]): void;
  /** Why versions went, as told since the last take: `version: reason`. */
  takeWithdrawals(): readonly string[];
  /** Set what is known of versions, by `name/version`. */
  readonly failing: Set<string>;
  readonly serving: Set<string>;
  readonly held: Set<string>;
  readonly reloading: Set<string>;
  /** Sets what the completeness check says, by path. */
  readonly missing: Map<string, string>;
  readonly completenessChecks: string[];
  /** Starts the source and lets its first polls happen. */
  start(): Promise<void>;
  /** Ends it; resolves when `run` did. */
  stop(): Promise<void>;
}

/** @param store how its file system wants to be polled, and what stands in for chance; by default none, and a half. */
export function createSourceWorld(
  options: FileSystemStoragePathSourceOptions = {},
  store: { readonly polling?: PollingAdvice; readonly random?: () => number } = {},
): SourceWorld {
  const clock = createManualClock();
  const { polling, random = () => 0.5 } = store;
  const files = createMemoryFileSystem({ scheme: 'file', now: () => clock.now(), ...(polling && { polling }) });
  const failing = new Set<string>();
  const serving = new Set<string>();
  const held = new Set<string>();
  const reloading = new Set<string>();
  const missing = new Map<string, string>();
  const completenessChecks: string[] = [];
  const warnings: string[] = [];
  const log: Logger = { ...silentLogger, warn: (_, message) => warnings.push(message) };
  const completenessCheck: CompletenessCheck = ({ path }) => {
    completenessChecks.push(path);
    return Promise.resolve(missing.get(path));
  };
  const source = createFileSystemStoragePathSource(options, {
    registry: createFileSystemRegistry([files]),
    clock,
    log,
    completenessCheck,
    random,
    outcomeOf(id: ServableId) {
      if (failing.has(servableKey(id))) return 'fails';
      return serving.has(servableKey(id)) ? 'serves' : 'open';
    },
    isHeld: (id: ServableId) => held.has(servableKey(id)),
    isReloading: (id: ServableId) => reloading.has(servableKey(id)),
  });
  const life = new AbortController();
  const emissions: string[] = [];
  const withdrawals: string[] = [];
  const reports: SourceReport[] = [];
  let data: readonly StoragePath[] = [];
  let run: Promise<void> | undefined;
  source.onReport((_, report) => reports.push(report));

  return {
    clock,
    files,
    source,
    takeEmissions: () => emissions.splice(0),
    lastData: () => data,
    takeReports: () => reports.splice(0),
    warnings,
    addOldVersions(base, ...entries) {
      for (const entry of entries) files.writeFile(files.join(base, entry, 'model.onnx'), `content of ${entry}`);
      files.setModified(base, clock.now() - 3_600_000);
    },
    takeWithdrawals: () => withdrawals.splice(0),
    failing,
    serving,
    held,
    reloading,
    missing,
    completenessChecks,
    async start() {
      run = source.run((name, versions, withdrawn = new Map()) => {
        for (const [version, reason] of withdrawn) withdrawals.push(`${version}: ${reason}`);
        const good = versions.flatMap((item) => (item.ok ? [item] : []));
        data = good.map((item) => item.data);
        emissions.push(`${name}: ${good.map((item) => `${item.id.version}@${item.data.path}`).join(', ')}`);
      }, life.signal);
      await clock.advance(0);
    },
    async stop() {
      life.abort();
      await run;
    },
    [Symbol.asyncDispose]() {
      return this.stop();
    },
  };
}
