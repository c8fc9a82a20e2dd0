import { describe, expect, it } from 'vitest';
import { FakeModels } from '../testing/fake-models.ts';
import { createTargetReader, readModelSpec } from './model-spec.ts';
import { messageType, methodOf } from './testing/grpc-client.ts';

const PREDICT = methodOf('/tensorflow.serving.PredictionService/Predict');
const MULTI = methodOf('/tensorflow.serving.PredictionService/MultiInference');

const predict = (request: object): Buffer => PREDICT.requestSerialize(request);
const spec = (fields: object): Buffer => messageType('tensorflow.serving.ModelSpec').serialize(fields);
/** A field that holds bytes, as it stands in a message. */
const field = (number: number, bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);

const NONE = { version: undefined, label: undefined };

describe('readModelSpec', () => {
  it.each([
    { when: 'only a name', request: predict({ model_spec: { name: 'm' } }), expected: { ...NONE, name: 'm' } },
    {
      when: 'a version',
      request: predict({ model_spec: { name: 'm', version: { value: '9223372036854775807' } } }),
      expected: { ...NONE, name: 'm', version: '9223372036854775807' },
    },
    {
      when: 'version 0, which is an empty message',
      request: predict({ model_spec: { name: 'm', version: {} } }),
      expected: { ...NONE, name: 'm', version: '0' },
    },
    {
      when: 'a negative version',
      request: predict({ model_spec: { name: 'm', version: { value: '-3' } } }),
      expected: { ...NONE, name: 'm', version: '-3' },
    },
    {
      when: 'a label',
      request: predict({ model_spec: { name: 'm', version_label: 'canary' } }),
      expected: { ...NONE, name: 'm', label: 'canary' },
    },
    {
      when: 'a label after a version: the last one counts',
      request: field(1, Buffer.concat([spec({ name: 'm', version: { value: 2 } }), spec({ version_label: 'x' })])),
      expected: { ...NONE, name: 'm', label: 'x' },
    },
    {
      when: 'a version after a label',
      request: field(1, Buffer.concat([spec({ name: 'm', version_label: 'x' }), spec({ version: { value: 2 } })])),
      expected: { ...NONE, name: 'm', version: '2' },
    },
    {
      when: 'the message comes in two pieces',
      request: Buffer.concat([field(1, spec({ name: 'a' })), field(1, spec({ version: { value: 7 } }))]),
      expected: { ...NONE, name: 'a', version: '7' },
    },
    {
      when: 'it stands behind tensors',
      request: Buffer.concat([
        predict({ inputs: { x: { dtype: 'DT_FLOAT', float_val: [1, 2, 3] } }, output_filter: ['y'] }),
        predict({ model_spec: { name: 'm' } }),
      ]),
      expected: { ...NONE, name: 'm' },
    },
    {
      when: 'unknown fields of every kind stand around it',
      request: Buffer.concat([
        Buffer.from([0x78, 0xff, 0xff, 0x03]), // 15: varint
        Buffer.from([0x79, 1, 2, 3, 4, 5, 6, 7, 8]), // 15: 64 bits
        Buffer.from([0x7d, 1, 2, 3, 4]), // 15: 32 bits
        Buffer.from([0x7b, 0x08, 0x01, 0x7c]), // 15: a group
        Buffer.from([0x0b, 0x0c]), // 1: a group, not a message
        predict({ model_spec: { name: 'm' } }),
      ]),
      expected: { ...NONE, name: 'm' },
    },
    { when: 'there is none', request: predict({ output_filter: ['y'] }), expected: undefined },
    { when: 'the request is empty', request: Buffer.alloc(0), expected: undefined },
  ])('$when', ({ request, expected }) => {
    expect(readModelSpec('predict', request)).toEqual(expected);
  });

  it.each([
    {
      when: "the first task's counts",
      request: { tasks: [{ model_spec: { name: 'a', version: { value: 1 } } }, { model_spec: { name: 'b' } }] },
      expected: { ...NONE, name: 'a', version: '1' },
    },
    { when: 'no tasks', request: {}, expected: { ...NONE, name: '' } },
    { when: 'a task without', request: { tasks: [{ method_name: 'x' }] }, expected: { ...NONE, name: '' } },
  ])('MultiInference: $when', ({ request, expected }) => {
    expect(readModelSpec('multi_inference', MULTI.requestSerialize(request))).toEqual(expected);
  });

  it.each([
    { when: 'a length beyond the end', bytes: [0x0a, 0x05, 0x0a] },
    { when: 'a field 0', bytes: [0x02, 0x00] },
    { when: 'an unknown wire type', bytes: [0x0e] },
    { when: 'a key without end', bytes: [0x80] },
    { when: 'a key of 6 bytes', bytes: [0x8a, 0x80, 0x80, 0x80, 0x80, 0x00] },
    { when: 'a varint of 11 bytes', bytes: [0x78, ...Array.from({ length: 10 }, () => 0xff), 0x01] },
    { when: 'a group that does not end', bytes: [0x7b, 0x08, 0x01] },
    { when: 'an end without a group', bytes: [0x7c] },
    { when: 'groups within groups', bytes: Array.from({ length: 40 }, () => 0x7b) },
    { when: 'a broken name', bytes: [0x0a, 0x02, 0x0a, 0x05] },
    { when: 'too many fields', bytes: Array.from({ length: 200_002 }, (_, at) => (at % 2 === 0 ? 0x1a : 0)) },
    { when: 'too many ModelSpecs', bytes: Array.from({ length: 200_002 }, (_, at) => (at % 2 === 0 ? 0x0a : 0)) },
    {
      when: 'a ModelSpec of too many fields, which may come in pieces',
      bytes: [0x0a, 0xc2, 0x9a, 0x0c, ...Array.from({ length: 200_002 }, (_, at) => (at % 2 === 0 ? 0x1a : 0))],
    },
  ])('refuses $when', ({ bytes }) => {
    expect(() => readModelSpec('predict', Buffer.from(bytes))).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});

describe('createTargetReader', () => {
  const models = new FakeModels();
  models.label('m', 'stable', '3');
  const readTarget = createTargetReader(models);

  it.each([
    { spec: { ...NONE, name: 'm' }, expected: { name: 'm', version: undefined } },
    { spec: { ...NONE, name: 'm', version: '12' }, expected: { name: 'm', version: '12' } },
    { spec: { ...NONE, name: 'm', label: 'stable' }, expected: { name: 'm', version: '3' } },
  ])('$spec', ({ spec: sent, expected }) => {
    expect(readTarget(sent)).toEqual(expected);
  });

  it.each([
    { sent: undefined, code: 'INVALID_ARGUMENT', message: 'Missing ModelSpec' },
    { sent: { ...NONE, name: '' }, code: 'INVALID_ARGUMENT', message: 'ModelSpec has no name specified.' },
    {
      sent: { ...NONE, name: 'm', label: 'x' },
      code: 'INVALID_ARGUMENT',
      message: 'Unrecognized servable version label: x',
    },
    {
      sent: { ...NONE, name: 'm', version: '-1' },
      code: 'NOT_FOUND',
      message: 'Servable not found for request: Specific(m, -1)',
    },
    {
      sent: { ...NONE, name: 'a\u0007' },
      code: 'NOT_FOUND',
      message: 'Servable not found for request: Latest(a\u0007)',
    },
  ])('$message', ({ sent, code, message }) => {
    expect(() => readTarget(sent)).toThrow(expect.objectContaining({ code, message }));
  });
});
