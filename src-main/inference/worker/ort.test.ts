import { describe, expect, it } from 'vitest';
import { tidyMessage } from './ort.ts';

describe('tidyMessage', () => {
  it.each([
    {
      what: 'the model folder',
      message: 'Load model from /data/models/m/1/model.onnx failed:Protobuf parsing failed.',
      folder: '/data/models/m/1',
      expected: 'Load model from model.onnx failed:Protobuf parsing failed.',
    },
    {
      what: 'the model folder on Windows',
      message: String.raw`Load model from C:\Models\m\1\model.onnx failed`,
      folder: String.raw`C:\Models\m\1`,
      expected: 'Load model from model.onnx failed',
    },
    {
      what: 'places in the source code',
      message:
        'Non-zero status code returned while running Gather node. Name: Status Message: /onnxruntime_src/onnxruntime/core/providers/cpu/tensor/gather.cc:42 onnxruntime::common::Status onnxruntime::Gather::Compute(onnxruntime::OpKernelContext*) const indices element out of data bounds',
      folder: undefined,
      expected:
        'Non-zero status code returned while running Gather node. Name: Status Message: indices element out of data bounds',
    },
    {
      what: 'other places',
      message:
        '/onnxruntime_src/onnxruntime/core/providers/cpu/math/element_wise_ops.h:560 void onnxruntime::BroadcastIterator::Append(ptrdiff_t, ptrdiff_t) axis == 1 || axis == largest was false.',
      folder: undefined,
      expected: 'axis == 1 || axis == largest was false.',
    },
    { what: 'line breaks', message: 'one\n two\n', folder: undefined, expected: 'one two' },
  ])('takes out $what', ({ message, folder, expected }) => {
    expect(tidyMessage(message, folder)).toBe(expected);
  });
});
