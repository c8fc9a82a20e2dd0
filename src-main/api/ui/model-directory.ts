import type { ServableName } from '../../contracts/ids.ts';
import type { ModelConfig } from '../../contracts/model-config.ts';
import type { SourceReport } from '../../contracts/source-report.ts';
import type { ModelView } from '../../contracts/ui.ts';

/** One model as it is configured, and what the last poll of its base path found. */
export interface DirectoryModel {
  readonly config: ModelConfig;
  readonly origin: ModelView['origin'];
  readonly report: SourceReport;
}

/** The models that are configured now. */
export interface ModelDirectory {
  /** In the order in which they are shown. */
  models(): readonly DirectoryModel[];
  find(name: ServableName): DirectoryModel | undefined;
  /** Calls back with the name of a model that was added, removed, configured anew or polled. */
  subscribe(onChange: (name: ServableName) => void): () => void;
  /** Attempts that one load has, the first included. */
  readonly maxLoadAttempts: number;
}
