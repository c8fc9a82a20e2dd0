import type { ModelSignature } from '#contracts/signature.ts';
import { describe, expect, it } from 'vitest';
import { tensor } from '../testing/fixtures.ts';
import { readResponse } from './response.ts';

const one: ModelSignature = { inputs: [], outputs: [tensor('y', 'float32', ['batch'])] };
const two: ModelSignature = {
  inputs: [],
  outputs: [tensor('score', 'float32', ['b']), tensor('bucket', 'int64', ['b'])],
};

describe('readResponse', () => {
  it.each([
    ['rows of one output', one, '{"predictions": [2.5, NaN]}', [['y', [2], ['2.5', 'NaN']]]],
    ['a column of one output', one, '{"outputs": [[1.0], [2.0]]}', [['y', [2, 1], ['1.0', '2.0']]]],
    ['a scalar', one, '{"outputs": 1.0}', [['y', [], ['1.0']]]],
    [
      'rows of two outputs',
      two,
      '{"predictions": [{"score": 1.0, "bucket": 9007199254740993}, {"score": 2.0, "bucket": 2}]}',
      [
        ['score', [2], ['1.0', '2.0']],
        ['bucket', [2], ['9007199254740993', '2']],
      ],
    ],
    [
      'columns of two outputs',
      two,
      '{"outputs": {"bucket": [1], "score": [0.5]}}',
      [
        ['bucket', [1], ['1']],
        ['score', [1], ['0.5']],
      ],
    ],
  ])('%s', (_, signature, text, expected) => {
    const reading = readResponse(text, signature);
    const outputs =
      reading.kind === 'outputs' ? reading.outputs.map(({ name, shape, cells }) => [name, shape, cells]) : reading;
    expect(outputs).toEqual(expected);
  });

  it('cuts a large output at 1000 cells and says how many there are', () => {
    const row = `[${Array.from({ length: 600 }, () => '0').join(',')}]`;
    const reading = readResponse(`{"outputs": [${row},${row}]}`, one);
    const cells = Array.from({ length: 1000 }, () => '0');
    expect(reading).toMatchObject({ kind: 'outputs', outputs: [{ shape: [2, 600], total: 1200, cells }] });
  });

  it.each([
    ['{"error": "no such model"}', { kind: 'error', message: 'no such model' }],
    ['<html>', { kind: 'other' }],
    ['{"status": 1}', { kind: 'other' }],
  ])('%s', (text, expected) => {
    expect(readResponse(text, one)).toEqual(expected);
  });
});
