import { describe, expect, it } from 'vitest';
import { codeOfLoadFault } from './load-fault.ts';

/* Messages as ONNX Runtime words them, without the places in its source code. */
describe('codeOfLoadFault', () => {
  it.each([
    'Load model from model.onnx failed:Protobuf parsing failed.',
    "Load model from model.onnx failed:Invalid model. Node input 'scale' is not a graph input, initializer, or output of a previous node.",
    'Load model from model.onnx failed:This is an invalid model. In Node, ("", A, "", -1) : ("x": tensor(float),) -> ("y": tensor(float),) , Error No Op registered for A with domain_version of 17',
    'Load model from model.onnx failed:Fatal error: com.example:A(-1) is not a registered function/op',
    'Load model from model.onnx failed:Type Error: Type (tensor(float16)) of output arg (y) of node () does not match expected type (tensor(float)).',
    'Load model from model.onnx failed:Unsupported model IR version: 99, max supported IR version: 13',
    'Load model from model.onnx failed:Node (a) Op (MatMul) [ShapeInferenceError] Incompatible dimensions for matrix multiplication',
    "Could not find an implementation for Round(11) node with name ''",
    'Missing opset in the model. All ModelProtos MUST have at least one entry',
    'Exception during initialization: Missing required attribute axis',
  ])('is of the file: %s', (message) => {
    expect(codeOfLoadFault(new Error(message), message)).toBe('INVALID_ARGUMENT');
  });

  it.each([
    ['UNAVAILABLE', 'Load model from model.onnx failed:system error number 13'],
    ['UNAVAILABLE', "Load model from model.onnx failed:Load model model.onnx failed. File doesn't exist"],
    ['UNAVAILABLE', 'pthread_setaffinity_np failed'],
    ['RESOURCE_EXHAUSTED', 'Exception during initialization: std::bad_alloc'],
    ['UNKNOWN', 'Exception during initialization: something that nobody has seen before'],
    ['UNKNOWN', 'CUDA failure 999: unknown error'],
    ['UNKNOWN', ''],
  ])('is %s, which may pass: %s', (code, message) => {
    expect(codeOfLoadFault(new Error(message), message)).toBe(code);
  });

  it('is of the disk whatever the message, where a system call failed', () => {
    const error = Object.assign(new Error('EIO: i/o error, read'), { syscall: 'read' });
    expect(codeOfLoadFault(error, error.message)).toBe('UNAVAILABLE');
  });
});
