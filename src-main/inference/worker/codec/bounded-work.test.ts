import { describe, expect, it } from 'vitest';
import { ProtobufWriter } from '../../../../scripts/samples/protobuf-writer.ts';
import { predictionLog } from '../../testing/warm-up-files.ts';
import type { Call } from '../../protocol/call.ts';
import { readPredictionLog } from '../warm-up/prediction-log.ts';
import { errorOf, parse } from './testing/codecs.ts';
import { mapEntry, modelSpec, predictRequest, tensorProto } from './testing/messages.ts';
import { tensorInfo } from './testing/signatures.ts';

const MODEL = { inputs: [tensorInfo('x', 'float32', ['n'])], outputs: [tensorInfo('y', 'float32', ['n'])] };
const OPTIONAL = { ...MODEL, inputs: [tensorInfo('x', 'float32', ['n'], { optional: true })] };

/** A field of bytes, as it stands in a message. */
function field(number: number, content: Uint8Array): Uint8Array {
  return new ProtobufWriter().bytes(number, content).toBytes();
}

/** The empty field `number`, so many times: two bytes each. */
function empty(number: number, count: number): Uint8Array {
  return Buffer.alloc(2 * count, Uint8Array.of(number * 8 + 2, 0));
}

const spec = field(1, modelSpec('m').toBytes());
const task = (method: string): Uint8Array =>
  field(1, new ProtobufWriter().message(1, modelSpec('m')).text(2, `tensorflow/serving/${method}`).toBytes());
const MILLIONS = 20_000_000;

/** A feature for each of so many names. */
function features(count: number, value: (index: number) => ProtobufWriter): Uint8Array {
  const entries = Array.from({ length: count }, (_, index) => field(1, mapEntry(`f${index}`, value(index)).toBytes()));
  return Buffer.concat(entries);
}

const float = (value: number): ProtobufWriter => new ProtobufWriter().message(2, new ProtobufWriter().float(1, value));
const regress = (examples: Uint8Array): Uint8Array => Buffer.concat([spec, field(2, field(1, examples))]);

/** Each of these kept a worker busy for minutes, or ended in INTERNAL, when every field cost an object or a copy. */
describe('a message of very many fields', { timeout: 20_000 }, () => {
  it.each<{ what: string; call: Call; body: () => Uint8Array; error: string }>([
    {
      what: 'parts of one tensor',
      call: 'predictProto',
      body: () =>
        field(
          2,
          Buffer.concat([
            field(1, Buffer.from('x')),
            field(2, tensorProto(1, [500_000], (tensor) => tensor.bytes(4, Buffer.alloc(2_000_000))).toBytes()),
            empty(2, 300_000),
          ]),
        ),
      error: 'INVALID_ARGUMENT: a message comes in more than 1000 parts. Send it as one.',
    },
    {
      what: 'inputs',
      call: 'predictProto',
      body: () => empty(2, MILLIONS),
      error: 'INVALID_ARGUMENT: more than 100000 inputs were sent',
    },
    {
      what: 'values of a tensor',
      call: 'predictProto',
      body: () =>
        field(
          2,
          Buffer.concat([
            field(1, Buffer.from('x')),
            field(2, Buffer.concat([tensorProto(1, [1]).toBytes(), empty(5, MILLIONS)])),
          ]),
        ),
      error:
        'RESOURCE_EXHAUSTED: Input "x": float_val comes in more than 8388608 fields. Send fewer elements at once, packed ' +
        'values or tensor_content.',
    },
    {
      what: 'names of outputs',
      call: 'predictProto',
      body: () => Buffer.concat([predictRequest({ x: tensorProto(1, [1]) }).toBytes(), empty(3, MILLIONS)]),
      error: 'INVALID_ARGUMENT: output tensor alias not found in signature:  Outputs expected to be in the set {y}.',
    },
    {
      what: 'tasks',
      call: 'multiInferenceProto',
      body: () => Buffer.concat([task('regress'), empty(1, MILLIONS)]),
      error: 'INVALID_ARGUMENT: Found ModelSpec with an empty model name.',
    },
    {
      what: 'tasks that are right one by one',
      call: 'multiInferenceProto',
      body: () => Buffer.concat(Array.from({ length: 100_000 }, () => task('regress'))),
      error: 'INVALID_ARGUMENT: Duplicate evaluation of signature: serving_default',
    },
    {
      what: 'examples',
      call: 'regressProto',
      body: () => regress(empty(1, MILLIONS)),
      error: 'RESOURCE_EXHAUSTED: More than 1048576 examples. Send fewer examples at once.',
    },
    {
      what: 'values of a feature',
      call: 'regressProto',
      body: () => {
        const packed = new ProtobufWriter().message(3, new ProtobufWriter().bytes(1, Buffer.alloc(MILLIONS)));
        return regress(field(1, field(1, field(1, mapEntry('x', packed).toBytes()))));
      },
      error: 'RESOURCE_EXHAUSTED: An example has more than 16777216 values. Use predict instead.',
    },
  ])('is refused: $what', ({ call, body, error }) => {
    expect(errorOf(() => parse(call, body(), MODEL))).toBe(error);
  });

  it('names no more inputs that nobody knows than fit a message', () => {
    const inputs = Array.from({ length: 50_000 }, (_, index) => [`u${index}`, tensorProto(1, [1])] as const);
    const error = errorOf(() => parse('predictProto', predictRequest(Object.fromEntries(inputs)).toBytes(), MODEL));
    expect(error).toMatch(/^INVALID_ARGUMENT: input size does not match signature: 100!=1 /u);
    expect(error.length).toBeLessThan(2000);
  });

  it('keeps nothing of features that are no inputs', () => {
    const others = features(100_000, float);
    const whole = regress(field(1, field(1, Buffer.concat([others, field(1, mapEntry('x', float(2)).toBytes())]))));
    expect(parse('regressProto', whole, MODEL).inputs.get('x')?.data).toEqual(Float32Array.of(2));
    const names = Array.from({ length: 20 }, (_, index) => `"f${index}"`).join(', ');
    const missing = `INVALID_ARGUMENT: Example 0: feature "x" is missing; it has only ${names}, …`;
    expect(errorOf(() => parse('regressProto', regress(field(1, field(1, others))), MODEL))).toBe(missing);
    const json = JSON.stringify(
      Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`f${index}`, index])),
    );
    expect(errorOf(() => parse('regressJson', `{"examples":[${json}]}`, MODEL))).toBe(missing);
  });

  it('refuses a list of more examples in JSON than in protobuf', () => {
    const body = `{"examples":[${'{},'.repeat(2 ** 20)}{}]}`;
    expect(errorOf(() => parse('regressJson', body, OPTIONAL))).toBe(
      'RESOURCE_EXHAUSTED: More than 1048576 examples. Send fewer examples at once.',
    );
  });

  it('costs a warm-up no more', () => {
    expect(readPredictionLog(Buffer.from(empty(6, MILLIONS)))?.body).toEqual(Buffer.alloc(0));
    expect(readPredictionLog(Buffer.from(field(6, empty(1, MILLIONS))))).toBeUndefined();
    const alternating = Buffer.alloc(MILLIONS, Uint8Array.of(0x32, 0, 0x12, 0));
    expect(readPredictionLog(Buffer.concat([alternating, predictionLog(6, Buffer.from('a'))]))).toEqual({
      call: 'predictProto',
      body: Buffer.from('a'),
    });
  });
});
