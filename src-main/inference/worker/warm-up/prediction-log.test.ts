import { describe, expect, it } from 'vitest';
import { ProtobufWriter } from '../../../../scripts/samples/protobuf-writer.ts';
import { predictionLog } from '../../testing/warm-up-files.ts';
import { readPredictionLog } from './prediction-log.ts';

const REQUEST = Buffer.from('the request');
const read = (message: ProtobufWriter | Uint8Array) =>
  readPredictionLog(Buffer.from(message instanceof ProtobufWriter ? message.toBytes() : message));

describe('readPredictionLog', () => {
  it.each([
    { member: 2, call: 'classifyProto' },
    { member: 3, call: 'regressProto' },
    { member: 4, call: 'multiInferenceProto' },
    { member: 6, call: 'predictProto' },
  ])('takes the request of member $member as $call', ({ member, call }) => {
    expect(read(predictionLog(member, REQUEST))).toEqual({ call, body: REQUEST });
  });

  it.each([
    { what: 'session_run_log', bytes: predictionLog(5, REQUEST), kind: 5 },
    { what: 'predict_streamed_log', bytes: predictionLog(7, REQUEST), kind: 7 },
    { what: 'nothing', bytes: new Uint8Array(), kind: 0 },
    { what: 'metadata alone', bytes: new ProtobufWriter().text(1, '').toBytes(), kind: 0 },
  ])('cannot replay $what', ({ bytes, kind }) => {
    expect(() => read(bytes)).toThrow(
      expect.objectContaining({ code: 'UNIMPLEMENTED', message: `Unsupported log_type for warmup: ${kind}` }),
    );
  });

  it('goes by the rules for members that come again, and steps over what it does not know', () => {
    const part = (text: string) => new ProtobufWriter().text(1, text);
    expect(read(new ProtobufWriter().message(2, part('a')).message(6, part('b')).message(6, part('c')))).toEqual({
      call: 'predictProto',
      body: Buffer.from('bc'),
    });
    const strange = new ProtobufWriter()
      .varint(99, 2 ** 40)
      .float(98, 1)
      .message(6, part('d'));
    expect(read(strange)?.body).toEqual(Buffer.from('d'));
    expect(read(new ProtobufWriter().message(6, new ProtobufWriter()))?.body).toEqual(Buffer.alloc(0));
  });

  it.each([
    { what: 'text', bytes: Buffer.from('no message at all') },
    { what: 'a field that is cut off', bytes: Buffer.from(predictionLog(6, REQUEST)).subarray(0, -1) },
    { what: 'a length beyond the end', bytes: Buffer.from([0x32, 0xff, 0xff, 0x03]) },
    { what: 'a fixed field that is cut off', bytes: Buffer.from([0x09, 1, 2]) },
    { what: 'a group', bytes: Buffer.from([0x0b]) },
    { what: 'the field 0', bytes: Buffer.from([0x02, 0]) },
    { what: 'a number without end', bytes: Buffer.alloc(12, 0xff) },
    { what: 'a log whose inside is no message', bytes: Buffer.from([0x32, 1, 0x0b]) },
  ])('is no message: $what', ({ bytes }) => {
    expect(readPredictionLog(bytes)).toBeUndefined();
  });
});
