import type {
  AspiredVersionPolicyName,
  ModelConfigMessage,
  ModelOptions,
  SessionOptions,
  VersionPolicy,
  WarmupOptions,
} from '../contracts/model-config.ts';
import { LATEST_ONE, StorageOptions } from '../contracts/model-config.ts';
import { BATCHING_FIELDS, type BatchingFields, readBatchingParameters } from './batching-parameters.ts';
import { looksLikeJson, parseJsonTree } from './json-tree.ts';
import {
  asBoolean,
  asCount,
  asEnum,
  asMessage,
  asString,
  asVersion,
  failAt,
  readFields,
  type Readers,
  withPlaces,
} from './text-fields.ts';
import { parseTextProto, type TextField, type TextValue } from './text-proto.ts';

/** What a model config file says, read but not yet checked (see check-model-configs.ts). */
export interface ModelConfigFile {
  /** The list of models, which may be empty; undefined where the file sets no list at all, which asks for nothing. */
  readonly messages: readonly ModelConfigMessage[] | undefined;
  /** What was understood and has no effect, each a sentence. */
  readonly warnings: readonly string[];
}

/** The word that begins the comments with our own fields, and the key of the same in JSON. */
export const PRAGMA = 'slipway';

/**
 * Reads a `--model_config_file`: TensorFlow Serving's message ModelServerConfig in the text format, or as JSON where the
 * text starts with a brace. Source: TensorFlow Serving config/model_server_config.proto.
 *
 * Comments inside `config { … }` that start with `slipway:` hold fields of ours on one line, which TensorFlow Serving does
 * not see: `# slipway: session { intra_op_num_threads: 2 }`. In JSON they are the fields of an object `slipway`.
 * @throws ServingError INVALID_ARGUMENT; the message starts with line and column.
 */
export function parseModelConfigFile(text: string): ModelConfigFile {
  return readModelConfigTree(parseModelConfigTree(text));
}

/** First half of {@link parseModelConfigFile}, for callers that let others have a turn between the two. */
export function parseModelConfigTree(text: string): readonly TextField[] {
  return withPlaces(() => (looksLikeJson(text) ? parseJsonTree(text) : parseTextProto(text, PRAGMA)));
}

/** Second half of {@link parseModelConfigFile}. */
export function readModelConfigTree(fields: readonly TextField[]): ModelConfigFile {
  return withPlaces(() => {
    const found: Found = { messages: undefined, warnings: [] };
    readFields(fields, 'ModelServerConfig', found, SERVER_FIELDS);
    return found;
  });
}

interface Found {
  messages: ModelConfigMessage[] | undefined;
  readonly warnings: string[];
}

const SERVER_FIELDS: Readers<Found> = {
  model_config_list: (list, found) => {
    const messages: ModelConfigMessage[] = [];
    found.messages = messages;
    const readers: Readers<Found> = { config: (config, into) => void messages.push(readModel(config, into.warnings)) };
    readFields(asMessage(list, 'model_config_list'), 'ModelConfigList', found, readers, ['config']);
  },
  // Wording: TensorFlow Serving model_servers/server.cc LoadCustomModelConfig.
  custom_model_config: (_value, _into, { place }) =>
    failAt(place, 'ModelServer does not yet support custom model config; list the models in model_config_list'),
};

interface ModelFields {
  name: string;
  basePath: string;
  modelPlatform: string;
  modelType?: string;
  versionPolicy?: VersionPolicy;
  readonly versionLabels: (readonly [string, string])[];
  hasLoggingConfig: boolean;
  readonly own: OwnFields;
}

/** What only our own files can say. */
interface OwnFields {
  modelPlatform?: string;
  aspiredVersionPolicy?: AspiredVersionPolicyName;
  readonly options: { -readonly [K in keyof ModelOptions]: ModelOptions[K] };
  readonly warnings: string[];
}

const MODEL_TYPES = ['MODEL_TYPE_UNSPECIFIED', 'TENSORFLOW', 'OTHER'] as const;

const MODEL_FIELDS: Readers<ModelFields> = {
  name: (value, into) => {
    into.name = asString(value, 'name');
  },
  base_path: (value, into) => {
    into.basePath = asString(value, 'base_path');
  },
  model_type: (value, into) => {
    const byNumber =
      value.kind === 'literal' && /^[0-2]$/u.test(value.text) ? MODEL_TYPES[Number(value.text)] : undefined;
    into.modelType = byNumber ?? asEnum(value, 'model_type', MODEL_TYPES);
  },
  model_platform: (value, into) => {
    into.modelPlatform = asString(value, 'model_platform');
  },
  model_version_policy: (value, into) => {
    into.versionPolicy = readPolicy(value);
  },
  version_labels: (value, into, { isJson, isListItem }) => {
    const fields = asMessage(value, 'version_labels');
    // In JSON a map is an object, whose keys are the labels.
    if (isJson && !isListItem) {
      for (const { name, value: version } of fields) {
        into.versionLabels.push([name, asVersion(version, `the version of label "${name}"`)]);
      }
      return;
    }
    const entry = { key: '', version: '0' };
    readFields(fields, 'VersionLabelsEntry', entry, {
      key: (key, target) => {
        target.key = asString(key, 'key');
      },
      value: (version, target) => {
        target.version = asVersion(version, 'value');
      },
    });
    into.versionLabels.push([entry.key, entry.version]);
  },
  logging_config: (value, into) => {
    asMessage(value, 'logging_config');
    into.hasLoggingConfig = true;
  },
};

const SESSION_PROVIDERS = ['CPU', 'COREML', 'CUDA', 'DML', 'WEBGPU', 'XNNPACK'] as const;
const LEVELS = ['DISABLED', 'BASIC', 'EXTENDED', 'ALL'] as const;
const ISOLATIONS = ['AUTO', 'SHARED', 'DEDICATED'] as const;
const ASPIRED_POLICIES = ['AVAILABILITY_PRESERVING', 'RESOURCE_PRESERVING'] as const;

/** One thread pool larger than this is a slip of the keyboard. */
const MAX_THREADS = 1024;
const MAX_ITERATIONS = 1_000_000;

const OWN_FIELDS: Readers<OwnFields> = {
  model_platform: (value, into) => {
    into.modelPlatform = asString(value, 'model_platform');
  },
  aspired_version_policy: (value, into) => {
    into.aspiredVersionPolicy = lowerCase(asEnum(value, 'aspired_version_policy', ASPIRED_POLICIES));
  },
  isolation: (value, { options }) => {
    options.isolation = lowerCase(asEnum(value, 'isolation', ISOLATIONS));
  },
  session: (value, { options }) => {
    const session: { -readonly [K in keyof SessionOptions]: SessionOptions[K] } = {};
    readFields(asMessage(value, 'session'), 'SessionOptions', session, SESSION_FIELDS, ['execution_providers']);
    options.session = session;
  },
  batching: (value, { options, warnings }) => {
    const read = readBatchingParameters(asMessage(value, 'batching'), BATCHING_PRAGMA_FIELDS);
    options.batching = read.parameters;
    warnings.push(...read.warnings);
  },
  warmup: (value, { options }) => {
    const warmup: { -readonly [K in keyof WarmupOptions]: WarmupOptions[K] } = {};
    readFields(asMessage(value, 'warmup'), 'WarmupOptions', warmup, {
      enabled: (enabled, into) => {
        into.enabled = asBoolean(enabled, 'enabled');
      },
      iterations: (iterations, into) => {
        into.iterations = asCount(iterations, 'iterations', 1, MAX_ITERATIONS);
      },
    });
    options.warmup = warmup;
  },
  storage: (value, { options }) => {
    const storage: { -readonly [K in keyof StorageOptions]: StorageOptions[K] } = {};
    const readers: Readers<typeof storage> = {
      marker_file: (path, into) => {
        into.markerFile = asPathInVersion(path, 'marker_file');
      },
      files: (path, into) => {
        into.files = [...(into.files ?? []), asPathInVersion(path, 'files')];
      },
    };
    readFields(asMessage(value, 'storage'), 'StorageOptions', storage, readers, ['files']);
    options.storage = storage;
  },
};

function asPathInVersion(value: TextValue, name: string): string {
  const path = asString(value, name);
  if (!StorageOptions.shape.markerFile.safeParse(path).success) {
    failAt(value.place, `${name}: "${path}" must be a path below the folder of a version, like weights.bin`);
  }
  return path;
}

const SESSION_FIELDS: Readers<{ -readonly [K in keyof SessionOptions]: SessionOptions[K] }> = {
  intra_op_num_threads: (value, into) => {
    into.intraOpNumThreads = asCount(value, 'intra_op_num_threads', 1, MAX_THREADS);
  },
  inter_op_num_threads: (value, into) => {
    into.interOpNumThreads = asCount(value, 'inter_op_num_threads', 1, MAX_THREADS);
  },
  graph_optimization_level: (value, into) => {
    into.graphOptimizationLevel = lowerCase(asEnum(value, 'graph_optimization_level', LEVELS));
  },
  execution_providers: (value, into) => {
    const provider = lowerCase(asEnum(value, 'execution_providers', SESSION_PROVIDERS));
    into.executionProviders = [...(into.executionProviders ?? []), provider];
  },
};

const BATCHING_PRAGMA_FIELDS: Readers<BatchingFields> = {
  enabled: (value, { parameters }) => {
    parameters.enabled = asBoolean(value, 'enabled');
  },
  ...BATCHING_FIELDS,
};

function readModel(value: TextValue, warnings: string[]): ModelConfigMessage {
  const own: OwnFields = { options: {}, warnings: [] };
  const model: ModelFields = {
    name: '',
    basePath: '',
    modelPlatform: '',
    versionLabels: [],
    hasLoggingConfig: false,
    own,
  };
  const fields = asMessage(value, 'config');
  const pragmas = fields.flatMap((field) => (field.isPragma ? [withoutPragma(field)] : []));
  readFields(
    pragmas.length === 0 ? fields : fields.filter(({ isPragma }) => !isPragma),
    'ModelConfig',
    model,
    fields.some(({ isJson }) => isJson) ? JSON_MODEL_FIELDS : MODEL_FIELDS,
    ['version_labels'],
  );
  readFields(pragmas, 'slipway', own, OWN_FIELDS);
  const about = model.name === '' ? 'a model without a name' : `model ${model.name}`;
  for (const warning of own.warnings) warnings.push(`${about}: ${warning}`);
  const { name, basePath, modelPlatform, modelType, versionPolicy, versionLabels, hasLoggingConfig } = model;
  return {
    name,
    basePath,
    modelPlatform: own.modelPlatform ?? modelPlatform,
    ...(modelType !== undefined && { modelType }),
    ...(versionPolicy && { versionPolicy }),
    versionLabels,
    hasLoggingConfig,
    ...(own.aspiredVersionPolicy && { aspiredVersionPolicy: own.aspiredVersionPolicy }),
    ...(Object.keys(own.options).length > 0 && { options: own.options }),
  };
}

const JSON_MODEL_FIELDS: Readers<ModelFields> = {
  ...MODEL_FIELDS,
  [PRAGMA]: (value, { own }) => readFields(asMessage(value, PRAGMA), PRAGMA, own, OWN_FIELDS),
};

/** The field as it would be outside of its comment. */
function withoutPragma({ name, value, place, isListItem }: TextField): TextField {
  return { name, value, place, ...(isListItem && { isListItem }) };
}

function readPolicy(value: TextValue): VersionPolicy {
  const found: { policy: VersionPolicy; chosen: string | undefined } = { policy: LATEST_ONE, chosen: undefined };
  /** Wording: google/protobuf/text_format.cc. */
  const choose = (name: string, { place }: TextField): void => {
    if (found.chosen !== undefined) {
      failAt(
        place,
        `Field "${name}" is specified along with field "${found.chosen}", another member of oneof "policy_choice".`,
      );
    }
    found.chosen = name;
  };
  readFields(asMessage(value, 'model_version_policy'), 'ServableVersionPolicy', found, {
    all: (all, into, field) => {
      choose('all', field);
      readFields(asMessage(all, 'all'), 'All', undefined, {});
      into.policy = { kind: 'all' };
    },
    latest: (latest, into, field) => {
      choose('latest', field);
      const counted = { count: 1 };
      readFields(asMessage(latest, 'latest'), 'Latest', counted, {
        num_versions: (count, target) => {
          // 0 counts as 1, as upstream has it.
          target.count = Math.max(1, asCount(count, 'num_versions', 0, MAX_UINT32));
        },
      });
      into.policy = { kind: 'latest', count: counted.count };
    },
    specific: (specific, into, field) => {
      choose('specific', field);
      const versions = new Set<ReturnType<typeof asVersion>>();
      const readers: Readers<typeof versions> = {
        versions: (version, target) => void target.add(asVersion(version, 'versions')),
      };
      readFields(asMessage(specific, 'specific'), 'Specific', versions, readers, ['versions']);
      into.policy = { kind: 'specific', versions: [...versions] };
    },
  });
  return found.policy;
}

const MAX_UINT32 = 4_294_967_295;

function lowerCase<E extends string>(name: E): Lowercase<E>;
function lowerCase(name: string): string {
  return name.toLowerCase();
}
