import { z } from 'zod';
import { ServableVersion } from '../../contracts/ids.ts';
import type { ModelConfigMessage, VersionPolicy } from '../../contracts/model-config.ts';
import { ServingError } from '../../contracts/serving-error.ts';

const VersionPolicyProto = z.object({
  latest: z.object({ num_versions: z.number() }).optional(),
  all: z.object({}).optional(),
  specific: z.object({ versions: z.array(z.string()) }).optional(),
});

/** A decoded `tensorflow.serving.ModelConfig`. */
export const ModelConfigProto = z.object({
  name: z.string(),
  base_path: z.string(),
  /** A name, or a number that the enum has no name for. */
  model_type: z.union([z.string(), z.number()]),
  model_platform: z.string(),
  model_version_policy: VersionPolicyProto.nullable(),
  version_labels: z.record(z.string(), z.string()),
  logging_config: z.object({}).nullable(),
});
type ModelConfigProto = z.infer<typeof ModelConfigProto>;

/** @throws ServingError INVALID_ARGUMENT for a version that none can be; all else is checked where it is applied. */
export function modelConfigMessage(proto: ModelConfigProto): ModelConfigMessage {
  const { name, model_type: type, model_version_policy: policy } = proto;
  return {
    name,
    basePath: proto.base_path,
    modelPlatform: proto.model_platform,
    ...(type !== 'MODEL_TYPE_UNSPECIFIED' && { modelType: String(type) }),
    ...(policy !== null && policyOf(name, policy)),
    versionLabels: Object.entries(proto.version_labels),
    hasLoggingConfig: proto.logging_config !== null,
  };
}

/** Nothing for a policy that makes no choice: the default then counts. */
function policyOf(
  model: string,
  { latest, all, specific }: z.infer<typeof VersionPolicyProto>,
): { readonly versionPolicy?: VersionPolicy } {
  if (latest !== undefined) return { versionPolicy: { kind: 'latest', count: Math.max(1, latest.num_versions) } };
  if (all !== undefined) return { versionPolicy: { kind: 'all' } };
  if (specific === undefined) return {};
  const versions = specific.versions.map((text) => {
    const version = ServableVersion.safeParse(text);
    if (version.success) return version.data;
    throw new ServingError('INVALID_ARGUMENT', `Model ${model}: a specific version is ${text}, which none can have`);
  });
  return { versionPolicy: { kind: 'specific', versions } };
}
