import { describe, expect, it } from 'vitest';
import { affineModel, corrupted, truncated, zipMapModel } from '../../../scripts/samples/sample-models.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import { describeForeignFile, orForeign } from './foreign-file.ts';
import { readOnnxGraph } from './read-onnx-graph.ts';
import { readOnnxModel } from './read-onnx-model.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const zip = (entry: string): Uint8Array => bytes(`PK\u0003\u0004\u0014\u0000\u0000\u0000\u0008\u0000${entry}`);
const file = (content: Uint8Array) => ({
  sizeBytes: content.length,
  read: (offset: number, length: number) => Promise.resolve(content.subarray(offset, offset + length)),
});

const FOREIGN = [
  ['version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n', 'is a Git LFS pointer', 'git lfs pull'],
  ['<!DOCTYPE html>\n<html lang="en">', 'is a web page (HTML)', 'download the file itself'],
  ['\n  <html><head>', 'is a web page (HTML)', 'download the file itself'],
  ['<?xml version="1.0"?><Error><Code>AccessDenied</Code>', 'is XML', 'error message'],
  ['{"format": "layers-model"}', 'is JSON', 'export the model to ONNX'],
  ['[1, 2]', 'is JSON', 'export the model to ONNX'],
  ['not a model at all\n', 'is plain text', 'copy the model file'],
  ['HiHiHi', 'is plain text', 'copy the model file'],
  ['name: "resnet"\n', 'is plain text', 'copy the model file'],
  ['\u001f\u008b\u0008\u0000\u0000', 'is compressed (gzip)', 'unpack it'],
  ['\u0089HDF\r\n\u001a\n', 'is an HDF5 file', 'export the model to ONNX'],
  ['\u001c\u0000\u0000\u0000TFL3\u0000', 'is a TensorFlow Lite model', 'export the model to ONNX'],
  ['\u001c\u0000\u0000\u0000ORTM\u0000', "is in ONNX Runtime's ORT format", 'that it was made from'],
  ['GGUF\u0003\u0000\u0000\u0000', 'is a GGUF file', 'export the model to ONNX'],
  ['\u0040\u0001\u0000\u0000\u0000\u0000\u0000\u0000{"weight"', 'is a safetensors file', 'export the model to ONNX'],
  ['\u0080\u0002}q\u0000', 'is a Python pickle', 'export the model to ONNX'],
  [`${'\u0000'.repeat(257)}ustar`, 'is a tar archive', 'unpack it'],
] as const;

describe('what a file is that is no ONNX model', () => {
  it.each(FOREIGN)('%j %s', (text, looks, fix) => {
    const told = describeForeignFile(bytes(text));
    expect(told).toContain(looks);
    expect(told).toContain(fix);
  });

  it.each([
    { what: 'a ZIP archive', head: zip('model.onnx'), looks: 'is a ZIP archive' },
    { what: 'a PyTorch checkpoint', head: zip('archive/data.pkl'), looks: 'is a PyTorch checkpoint' },
    { what: 'UTF-16', head: Uint8Array.of(0xff, 0xfe, 0x68, 0x00, 0x69, 0x00), looks: 'is plain text' },
    { what: 'a letter that is cut', head: Uint8Array.of(0x68, 0xc3), looks: 'is plain text' },
  ])('knows $what', ({ head, looks }) => {
    expect(describeForeignFile(head)).toContain(looks);
  });

  it.each([
    { what: 'an ONNX model', head: affineModel({ scale: 1, offset: 2 }) },
    { what: 'another', head: zipMapModel() },
    { what: 'half of one', head: truncated(affineModel({ scale: 1, offset: 2 })) },
    { what: 'a damaged one', head: corrupted(affineModel({ scale: 1, offset: 2 })) },
    { what: 'zeros', head: new Uint8Array(100) },
    { what: 'nothing', head: new Uint8Array(0) },
  ])('says nothing of $what', ({ head }) => {
    expect(describeForeignFile(head)).toBeUndefined();
  });

  it.each(FOREIGN)('is said whoever reads it: %j', async (text, looks) => {
    const foreign = file(bytes(text));
    await expect(readOnnxModel(foreign, 'model.onnx')).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(`model.onnx ${looks}`),
    });
    await expect(readOnnxGraph(foreign, 'net.onnx')).rejects.toThrow(`net.onnx ${looks}`);
  });

  it('leaves other errors as they are, and quotes nothing of the file', async () => {
    const gone = new ServingError('UNAVAILABLE', 'gone');
    await expect(orForeign(file(bytes('secret')), 'm', Promise.reject(gone))).rejects.toBe(gone);
    expect(describeForeignFile(bytes('secret=hunter2'))).not.toContain('hunter2');
  });
});
