import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  affineModel,
  classifierModel,
  copyModel,
  corrupted,
  identityModel,
  optionalInputModel,
  regressorModel,
  scalarOutputModel,
  sumAndDifferenceModel,
  textAndBytesModel,
  unevenOutputsModel,
} from '../../scripts/samples/sample-models.ts';
import { writeVersion } from '../testing/slipway.ts';

/** Element types of the models `id_TYPE`, which copy `x` [batch] to `y`. */
const ELEMENT_TYPES = [
  'float32',
  'float64',
  'float16',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
  'string',
] as const;

const MODELS: Readonly<Record<string, Uint8Array>> = {
  ...Object.fromEntries(ELEMENT_TYPES.map((dtype) => [`id_${dtype}`, identityModel(dtype, ['batch'])])),
  any: identityModel('float32', null),
  any_int64: identityModel('int64', null),
  matrix: identityModel('float32', ['batch', 2]),
  fixed: identityModel('float32', [2, 3]),
  scalar: identityModel('float32', []),
  sum: sumAndDifferenceModel(),
  mixed: copyModel([
    { dtype: 'int64', dims: ['batch'] },
    { dtype: 'string', dims: ['batch'] },
    { dtype: 'bool', dims: ['batch'] },
  ]),
  mean: scalarOutputModel(),
  optional: optionalInputModel(),
  text: textAndBytesModel(),
  uneven: unevenOutputsModel(),
  classify_each: classifierModel({ classes: 'classes', scores: 'scores', of: 'each' }),
  classify_best: classifierModel({ classes: 'label', scores: 'probabilities', of: 'best', dtype: 'int64' }),
  classify_scores: classifierModel({ classes: null, scores: 'scores', of: 'each' }),
  classify_classes: classifierModel({ classes: 'classes', scores: null, of: 'each' }),
  regress: regressorModel(),
  regress_column: regressorModel({ column: true }),
  'a b:c/d': affineModel({ scale: 1, offset: 0 }),
  größe: affineModel({ scale: 1, offset: 0 }),
};

/** The name of a model that has no version. */
const EMPTY = 'empty';
/** The name of a model whose only version cannot be loaded. */
export const BROKEN = 'broken';

/**
 * Writes the models of the conformance suite, each as version 1, besides `half` (y = x / 2 + 3 as version 123,
 * x / 2 + 4 as 124) with labels.
 * @returns the text of their configuration file, and the names of those that come to serve.
 */
export async function writeConformanceModels(
  directory: string,
): Promise<{ readonly config: string; readonly serving: readonly string[] }> {
  const configs: string[] = [];
  const configure = (name: string, folder: string, more = ''): void => {
    const basePath = JSON.stringify(join(directory, folder));
    configs.push(
      `config { name: ${JSON.stringify(name)} base_path: ${basePath} model_platform: "tensorflow" ${more} }`,
    );
  };
  for (const [index, [name, bytes]] of Object.entries(MODELS).entries()) {
    await writeVersion(join(directory, `m${index}`), 1, bytes);
    configure(name, `m${index}`);
  }
  await writeVersion(join(directory, 'half'), 123, affineModel({ scale: 0.5, offset: 3 }));
  await writeVersion(join(directory, 'half'), 124, affineModel({ scale: 0.5, offset: 4 }));
  const label = (key: string, version: number): string => `version_labels { key: "${key}" value: ${version} }`;
  configure(
    'half',
    'half',
    `model_version_policy { all {} } ${label('stable', 123)} ${label('canary', 124)} ${label('with blank', 123)} ${label('pending', 999)}`,
  );
  await mkdir(join(directory, EMPTY));
  configure(EMPTY, EMPTY);
  await writeVersion(join(directory, BROKEN), 7, corrupted(affineModel({ scale: 1, offset: 0 })));
  configure(BROKEN, BROKEN);
  return { config: `model_config_list {\n${configs.join('\n')}\n}\n`, serving: [...Object.keys(MODELS), 'half'] };
}

/** Writes the configuration file beside the models. @returns its path. */
export async function writeConfiguration(directory: string, config: string): Promise<string> {
  const path = join(directory, 'models.config');
  await writeFile(path, config);
  return path;
}
