import { ServableName, parseServableVersion } from '../contracts/ids.ts';
import { LATEST_ONE, type ModelConfig, type VersionPolicy } from '../contracts/model-config.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { parseTextProto, TextProtoError, type TextField, type TextValue } from './text-proto.ts';

/**
 * Reads a `--model_config_file` in TensorFlow Serving's text format: `model_config_list { config { … } … }`.
 * Rules and wording of the checks: TensorFlow Serving model_servers/server_core.cc ValidateModelConfigList. Deviations:
 * `model_platform` may be left out (it is "onnx"), and an unknown field names its line and column.
 * @throws ServingError INVALID_ARGUMENT; the message says where and what.
 */
export function parseModelConfigFile(text: string): readonly ModelConfig[] {
  try {
    const models = readServerConfig(parseTextProto(text));
    const seen = new Set<string>();
    for (const { name } of models) {
      if (seen.has(name)) refuse(`Illegal to list model ${name} multiple times in config list`);
      seen.add(name);
    }
    return models;
  } catch (error) {
    if (error instanceof TextProtoError) throw new ServingError('INVALID_ARGUMENT', error.message, { cause: error });
    throw error;
  }
}

/** Whether a base path is a URI, or absolute on POSIX or on Windows (drive or UNC). */
export function isAbsoluteBasePath(basePath: string): boolean {
  return /^(?:[A-Za-z][A-Za-z0-9+.-]*:\/\/|\/|[A-Za-z]:[\\/]|\\\\)/u.test(basePath);
}

type Readers<T> = Readonly<Record<string, (value: TextValue, into: T, field: TextField) => void>>;

interface PartialModel {
  name?: string;
  basePath?: string;
  platform?: string;
  versionPolicy?: VersionPolicy;
}

const MODEL_FIELDS: Readers<PartialModel> = {
  name: (value, into) => {
    into.name = asString(value, 'name');
  },
  base_path: (value, into) => {
    into.basePath = asString(value, 'base_path');
  },
  model_platform: (value, into) => {
    into.platform = asString(value, 'model_platform');
  },
  model_version_policy: (value, into) => {
    into.versionPolicy = readPolicy(value);
  },
};

function readServerConfig(fields: readonly TextField[]): ModelConfig[] {
  const models: ModelConfig[] = [];
  readFields(fields, 'ModelServerConfig', models, {
    model_config_list: (list) =>
      readFields(asMessage(list, 'model_config_list'), 'ModelConfigList', models, {
        config: (config, into, field) => into.push(readModel(config, field)),
      }),
  });
  return models;
}

function readModel(value: TextValue, field: TextField): ModelConfig {
  const model: PartialModel = {};
  readFields(asMessage(value, 'config'), 'ModelConfig', model, MODEL_FIELDS);
  const name = ServableName.safeParse(model.name ?? '');
  if (!name.success) failAt(field.place, `config has no usable name: ${name.error.issues[0]?.message ?? 'invalid'}`);
  const basePath = model.basePath ?? '';
  if (!isAbsoluteBasePath(basePath)) {
    refuse(`Expected model ${name.data} to have an absolute path or URI; got base_path()=${basePath}`);
  }
  const platform = model.platform ?? 'onnx';
  if (platform !== 'onnx') refuse(`Model ${name.data} requests unsupported platform ${platform}; supported: onnx`);
  return { name: name.data, basePath, versionPolicy: model.versionPolicy ?? LATEST_ONE };
}

/** A oneof: the last of its fields in the file wins, as Protocol Buffers have it. */
function readPolicy(value: TextValue): VersionPolicy {
  const found: { policy: VersionPolicy } = { policy: LATEST_ONE };
  readFields(asMessage(value, 'model_version_policy'), 'ServableVersionPolicy', found, {
    all: (all, into) => {
      readFields(asMessage(all, 'all'), 'All', undefined, {});
      into.policy = { kind: 'all' };
    },
    latest: (latest, into) => {
      const counted = { count: 1 };
      readFields(asMessage(latest, 'latest'), 'Latest', counted, {
        num_versions: (count, target) => {
          // 0 counts as 1, as upstream has it.
          target.count = Math.max(1, Number(asVersion(count, 'num_versions')));
        },
      });
      into.policy = { kind: 'latest', count: counted.count };
    },
    specific: (specific, into) => {
      const versions = new Set<ReturnType<typeof asVersion>>();
      readFields(asMessage(specific, 'specific'), 'Specific', versions, {
        versions: (version, target) => void target.add(asVersion(version, 'versions')),
      });
      into.policy = { kind: 'specific', versions: [...versions] };
    },
  });
  return found.policy;
}

function readFields<T>(fields: readonly TextField[], message: string, into: T, readers: Readers<T>): void {
  for (const field of fields) {
    const read = Object.hasOwn(readers, field.name) ? readers[field.name] : undefined;
    if (!read) {
      const known = Object.keys(readers);
      const hint = known.length > 0 ? `; known here: ${known.join(', ')}` : '';
      failAt(field.place, `message ${message} has no field "${field.name}" in this server${hint}`);
    }
    read(field.value, into, field);
  }
}

function asMessage(value: TextValue, name: string): readonly TextField[] {
  if (value.kind !== 'message') failAt(value.place, `${name} is a message: write ${name} { … }`);
  return value.fields;
}

function asString(value: TextValue, name: string): string {
  if (value.kind !== 'string') failAt(value.place, `${name} is a string: write it in quotes`);
  return value.text;
}

function asVersion(value: TextValue, name: string) {
  const version = value.kind === 'literal' ? parseServableVersion(value.text) : undefined;
  if (version === undefined) failAt(value.place, `${name} is a whole number from 0 to 9223372036854775807`);
  return version;
}

function failAt(place: TextField['place'], message: string): never {
  throw new TextProtoError(place, message);
}

function refuse(message: string): never {
  throw new ServingError('INVALID_ARGUMENT', message);
}
