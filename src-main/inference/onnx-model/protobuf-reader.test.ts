import { describe, expect, it } from 'vitest';
import { ProtobufWriter } from '../../../scripts/samples/protobuf-writer.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import { type MessageTaker, readProtobuf, TruncatedFileError } from './protobuf-reader.ts';
import { memoryFile } from './testing/memory-file.ts';

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

/** Reads all top-level fields and says what they were. */
async function fieldsOf(bytes: Uint8Array, maxBytes = 100, cut = false): Promise<unknown[]> {
  const seen: unknown[] = [];
  await readProtobuf(memoryFile(bytes), 'f.onnx', {
    field: (fields) => {
      const { bytesField, varintField } = fields;
      if (varintField !== 0) seen.push([varintField, fields.int64()]);
      return bytesField === 0
        ? undefined
        : { as: 'text', maxBytes, cut, take: (text) => seen.push([bytesField, text]) };
    },
    end: () => seen.push('end'),
  });
  return seen;
}

const skip: MessageTaker = { field: () => undefined };

describe('readProtobuf', () => {
  it('reads the fields in order and skips those of fixed size', async () => {
    const writer = new ProtobufWriter().varint(1, 150).text(2, 'é').float(3, 1).varint(40, -1).text(5, '');
    expect(await fieldsOf(writer.toBytes())).toEqual([[1, 150n], [2, 'é'], [40, -1n], [5, ''], 'end']);
  });

  it.each([0n, 127n, 128n, 2n ** 28n - 1n, 2n ** 28n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), -1n])(
    'reads int64 %s',
    async (value) => {
      expect(await fieldsOf(new ProtobufWriter().varint(1, value).toBytes())).toEqual([[1, value], 'end']);
    },
  );

  it.each([
    { what: 'a varint of eleven bytes', hex: `08${'ff'.repeat(10)}01`, message: 'more than 10 bytes (byte 11)' },
    { what: 'field number 0', hex: '0101', message: 'number 0' },
    { what: 'a group', hex: '0b0c', message: 'wire type 3' },
    { what: 'wire type 7', hex: '0f', message: 'wire type 7' },
    { what: 'an immense length', hex: `0a${'ff'.repeat(9)}01`, message: 'out of range' },
  ])('refuses $what', async ({ hex, message }) => {
    const failure = await fieldsOf(bytesOf(hex)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ServingError);
    expect(failure).not.toBeInstanceOf(TruncatedFileError);
    expect(failure).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(String(failure)).toContain('f.onnx: not a valid ONNX file: ');
    expect(String(failure)).toContain(message);
  });

  it.each([
    { what: 'in the middle of a tag', hex: '80', neededBytes: undefined },
    { what: 'in the middle of a number', hex: '0880', neededBytes: undefined },
    { what: 'in the middle of a text', hex: '0a056162', neededBytes: 7 },
    { what: 'in the middle of a float', hex: '0d0000', neededBytes: 5 },
    { what: 'in zeros, as a file does whose space is reserved', hex: '08010000', neededBytes: undefined },
  ])('knows a file that ends $what for cut off', async ({ hex, neededBytes }) => {
    const failure = await fieldsOf(bytesOf(hex)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TruncatedFileError);
    expect(failure).toMatchObject({ code: 'INVALID_ARGUMENT', neededBytes });
  });

  it('says which byte a file that is cut off goes on to', async () => {
    const bytes = new ProtobufWriter().bytes(7, new Uint8Array(5000)).toBytes().subarray(0, 1000);
    await expect(fieldsOf(bytes)).rejects.toThrow('f.onnx ends at byte 1000, but its content goes on to byte 5003');
  });

  it('refuses a field that goes on beyond its message, and does not call that cut off', async () => {
    const bytes = new ProtobufWriter().bytes(1, bytesOf('0a09')).toBytes();
    const taker: MessageTaker = { field: () => ({ as: 'message', taker: skip }) };
    const failure = await readProtobuf(memoryFile(bytes), 'f.onnx', taker).catch((error: unknown) => error);
    expect(String(failure)).toContain('beyond the message that holds it');
    expect(failure).not.toBeInstanceOf(TruncatedFileError);
  });

  it('reads nested messages to their end and goes on behind them', async () => {
    const inner = new ProtobufWriter().varint(1, 1).bytes(2, new Uint8Array(3));
    const bytes = new ProtobufWriter().message(3, inner).message(3, new ProtobufWriter()).varint(4, 4).toBytes();
    const seen: unknown[] = [];
    const taker: MessageTaker = {
      field: ({ varintField, bytesField }) => {
        seen.push(varintField || bytesField);
        return bytesField === 3 ? { as: 'message', taker } : undefined;
      },
      end: () => seen.push('end'),
    };
    await readProtobuf(memoryFile(bytes), 'f.onnx', taker);
    expect(seen).toEqual([3, 1, 2, 'end', 3, 'end', 4, 'end']);
  });

  it('cuts a long text where the taker wants its beginning, and refuses it otherwise', async () => {
    const bytes = new ProtobufWriter().text(1, 'x'.repeat(200_000)).toBytes();
    expect(await fieldsOf(bytes, 70_000, true)).toEqual([[1, `${'x'.repeat(70_000)}…`], 'end']);
    await expect(fieldsOf(bytes, 70_000)).rejects.toThrow('more than 70000 bytes');
  });

  it('reads packed numbers, and refuses more than wanted', async () => {
    const bytes = new ProtobufWriter().packedVarints(1, [3, 270, -1]).toBytes();
    const numbersOf = async (maxCount: number): Promise<unknown> => {
      let numbers: unknown;
      await readProtobuf(memoryFile(bytes), 'f.onnx', {
        field: () => ({
          as: 'int64s',
          maxCount,
          take: (values) => {
            numbers = values;
          },
        }),
      });
      return numbers;
    };
    expect(await numbersOf(3)).toEqual([3n, 270n, -1n]);
    await expect(numbersOf(2)).rejects.toThrow('more than 2 numbers');
  });

  it('jumps over what is not asked for', async () => {
    const writer = new ProtobufWriter();
    for (let count = 0; count < 4; count += 1) writer.bytes(9, new Uint8Array(2 ** 20)).varint(1, count);
    const file = memoryFile(writer.toBytes());
    const seen: unknown[] = [];
    await readProtobuf(file, 'f.onnx', {
      field: (fields) => {
        if (fields.varintField === 1) seen.push(fields.int64());
        return undefined;
      },
    });
    expect(seen).toEqual([0n, 1n, 2n, 3n]);
    expect(file.reads.bytes).toBeLessThan(40_000);
  });

  it('notices a file that became shorter', async () => {
    const bytes = new ProtobufWriter().bytes(9, new Uint8Array(100_000)).varint(1, 1).toBytes();
    const file = { ...memoryFile(bytes.subarray(0, 50_000)), sizeBytes: bytes.length };
    await expect(readProtobuf(file, 'f.onnx', skip)).rejects.toThrow('became shorter');
  });
});
