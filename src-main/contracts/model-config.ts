import { z } from 'zod';
import { ServableName, ServableVersion } from './ids.ts';

/**
 * Which of the versions found are served. Source: TensorFlow Serving config/file_system_storage_path_source.proto.
 * `latest` counts the highest numbers; a version that fails to load does not use up a place, so an older one serves.
 */
export const VersionPolicy = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('latest'), count: z.number().int().min(1) }),
  z.object({ kind: z.literal('all') }),
  z.object({ kind: z.literal('specific'), versions: z.array(ServableVersion).readonly() }),
]);
export type VersionPolicy = z.infer<typeof VersionPolicy>;

export const LATEST_ONE: VersionPolicy = { kind: 'latest', count: 1 };

/** One model to serve. */
export const ModelConfig = z.object({
  name: ServableName,
  /**
   * Absolute path or URI of the folder whose sub-folders are the versions, or of one single model file, which is then
   * served as version 1.
   */
  basePath: z.string().min(1),
  versionPolicy: VersionPolicy,
});
export type ModelConfig = z.infer<typeof ModelConfig>;
