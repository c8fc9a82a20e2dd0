import { expect } from '@playwright/test';
import { bad, ok, type RestCase, type RestGroup } from './rest-case.ts';

const STATUS = 'model_servers/get_model_status_impl.cc';
const METADATA = 'servables/tensorflow/get_model_metadata_impl.cc';
const PRINT = 'model_servers/http_rest_api_util.cc ToJsonString';

const get = (name: string, upstream: string, path: string, expected: Partial<RestCase>): RestCase => ({
  name,
  upstream,
  request: `GET ${path}`,
  status: 200,
  ...expected,
});

/** What metadata says of a tensor. */
const tensor = (
  name: string,
  dtype: string,
  dim: readonly (readonly [size: string, name: string])[] | null,
): unknown => ({
  dtype,
  tensor_shape: { dim: (dim ?? []).map(([size, axis]) => ({ size, name: axis })), unknown_rank: dim === null },
  name,
});
const BATCH = [['-1', 'batch']] as const;

/** Metadata of version 1 of a model. */
const signature = (model: string, inputs: object, outputs: object): Partial<RestCase> => ({
  ...ok({
    json: {
      model_spec: { name: model, signature_name: '', version: '1' },
      metadata: {
        signature_def: {
          signature_def: {
            serving_default: { inputs, outputs, method_name: 'tensorflow/serving/predict', defaults: {} },
          },
        },
      },
    },
  }),
  answerHeaders: { 'slipway-model-version': '1', 'content-type': 'application/json' },
});

const identity = (dtype: string, name: string): RestCase =>
  get(
    `metadata of ${dtype}`,
    METADATA,
    `/v1/models/id_${dtype}/metadata`,
    signature(`id_${dtype}`, { x: tensor('x', name, BATCH) }, { y: tensor('y', name, BATCH) }),
  );

const HALF_METADATA = `{
"model_spec":{
 "name": "half",
 "signature_name": "",
 "version": "123"
}
,
"metadata": {"signature_def": {
 "signature_def": {
  "serving_default": {
   "inputs": {
    "x": {
     "dtype": "DT_FLOAT",
     "tensor_shape": {
      "dim": [
       {
        "size": "-1",
        "name": "batch"
       }
      ],
      "unknown_rank": false
     },
     "name": "x"
    }
   },
   "outputs": {
    "y": {
     "dtype": "DT_FLOAT",
     "tensor_shape": {
      "dim": [
       {
        "size": "-1",
        "name": "batch"
       }
      ],
      "unknown_rank": false
     },
     "name": "y"
    }
   },
   "method_name": "tensorflow/serving/predict",
   "defaults": {}
  }
 }
}
}
}
`;

export const STATUS_AND_METADATA: RestGroup = {
  title: '4.7 status and metadata',
  cases: [
    get('a status is printed byte for byte', PRINT, '/v1/models/half/versions/123', {
      answer:
        '{\n "model_version_status": [\n  {\n   "version": "123",\n   "state": "AVAILABLE",\n   "status": {\n    "error_code": "OK",\n    "error_message": ""\n   }\n  }\n ]\n}\n',
      answerHeaders: { 'content-type': 'application/json' },
    }),
    get('versions are listed from the newest', STATUS, '/v1/models/half', {
      answer: /"version": "124"[^]*"version": "123"/u,
    }),
    get('a version that failed to load is END with its error, and the call succeeds', STATUS, '/v1/models/broken', {
      ...ok({
        json: {
          model_version_status: [
            {
              version: '7',
              state: 'END',
              status: {
                error_code: expect.stringMatching(/^[A-Z_]+$/u),
                error_message: expect.stringMatching(/model\.onnx/u),
              },
            },
          ],
        },
      }),
    }),
    get('a model without versions', STATUS, '/v1/models/empty', bad('Could not find any versions of model empty', 404)),
    get('an unknown model', STATUS, '/v1/models/none', bad('Could not find any versions of model none', 404)),
    get('an unknown version', STATUS, '/v1/models/half/versions/1', bad('Could not find version 1 of model half', 404)),
    get(
      'an unknown version of an unknown model',
      STATUS,
      '/v1/models/none/versions/1',
      bad('Could not find any versions of model none', 404),
    ),
    get('metadata is printed byte for byte', PRINT, '/v1/models/half/versions/123/metadata', {
      answer: HALF_METADATA,
      answerHeaders: { 'content-type': 'application/json', 'slipway-model-version': '123' },
    }),
    get('metadata of the latest version', METADATA, '/v1/models/half/metadata', {
      answer: /"version": "124"/u,
      answerHeaders: { 'slipway-model-version': '124' },
    }),
    get('metadata by label', METADATA, '/v1/models/half/labels/stable/metadata', {
      answer: /"version": "123"/u,
      answerHeaders: { 'slipway-model-version': '123' },
    }),
    get(
      'metadata of an unknown model',
      METADATA,
      '/v1/models/none/metadata',
      bad('Servable not found for request: Latest(none)', 404),
    ),
    get(
      'metadata of an unknown version',
      METADATA,
      '/v1/models/half/versions/1/metadata',
      bad('Servable not found for request: Specific(half, 1)', 404),
    ),
    get(
      'metadata of an unknown label',
      METADATA,
      '/v1/models/half/labels/x/metadata',
      bad('Unrecognized servable version label: x'),
    ),
    get(
      'metadata of a label whose version is missing',
      METADATA,
      '/v1/models/half/labels/pending/metadata',
      bad('Servable not found for request: Specific(half, 999)', 404),
    ),
    get('metadata with a query', METADATA, '/v1/models/half/metadata?x=1', {
      answer: /"version": "124"/u,
      deviation: 'a query string never breaks a route',
    }),
    get(
      'unknown rank',
      METADATA,
      '/v1/models/any/metadata',
      signature('any', { x: tensor('x', 'DT_FLOAT', null) }, { y: tensor('y', 'DT_FLOAT', null) }),
    ),
    get(
      'a scalar',
      METADATA,
      '/v1/models/mean/metadata',
      signature('mean', { x: tensor('x', 'DT_FLOAT', BATCH) }, { mean: tensor('mean', 'DT_FLOAT', []) }),
    ),
    get(
      'fixed sizes',
      METADATA,
      '/v1/models/fixed/metadata',
      signature(
        'fixed',
        {
          x: tensor('x', 'DT_FLOAT', [
            ['2', ''],
            ['3', ''],
          ]),
        },
        {
          y: tensor('y', 'DT_FLOAT', [
            ['2', ''],
            ['3', ''],
          ]),
        },
      ),
    ),
    get(
      'several inputs and outputs',
      METADATA,
      '/v1/models/sum/metadata',
      signature(
        'sum',
        {
          a: tensor('a', 'DT_FLOAT', [
            ['-1', 'batch'],
            ['3', ''],
          ]),
          b: tensor('b', 'DT_FLOAT', [
            ['-1', 'batch'],
            ['3', ''],
          ]),
        },
        {
          sum: tensor('sum', 'DT_FLOAT', [
            ['-1', 'batch'],
            ['3', ''],
          ]),
          difference: tensor('difference', 'DT_FLOAT', [
            ['-1', 'batch'],
            ['3', ''],
          ]),
        },
      ),
    ),
    identity('float32', 'DT_FLOAT'),
    identity('float64', 'DT_DOUBLE'),
    identity('float16', 'DT_HALF'),
    identity('int8', 'DT_INT8'),
    identity('uint8', 'DT_UINT8'),
    identity('int16', 'DT_INT16'),
    identity('uint16', 'DT_UINT16'),
    identity('int32', 'DT_INT32'),
    identity('uint32', 'DT_UINT32'),
    identity('int64', 'DT_INT64'),
    identity('uint64', 'DT_UINT64'),
    identity('bool', 'DT_BOOL'),
    identity('string', 'DT_STRING'),
    {
      name: 'HEAD of a status',
      upstream: 'util/net_http/server/internal/evhttp_request.cc',
      deviation: 'upstream: 400 Malformed request; ours is what HTTP asks for',
      request: 'HEAD /v1/models/half',
      status: 200,
      answer: '',
      answerHeaders: { 'content-type': 'application/json', 'content-length': /^[1-9]\d*$/u },
    },
  ],
};
